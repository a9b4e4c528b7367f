package io.jukung.image.commit;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageSource;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.image.store.StoredImage;
import io.jukung.image.store.StoredManifest;
import io.jukung.linux.archive.OwnerMap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes images of containers: the layers of the container's image, and one of what the container
 * has written. The new image enters the store as a pulled one does, so that it is there as a whole
 * or not at all, whenever the process ends. Thread-safe.
 */
public final class ImageCommitter {
  private final ImageStore store;

  public ImageCommitter(ImageStore store) {
    this.store = store;
  }

  /**
   * What becomes an image.
   *
   * @param imageId the image of the container
   * @param upper what the container has written: the upper directory of its overlay
   * @param owners turns the ids of files in {@code upper} into the container's
   */
  public record Source(String imageId, Path upper, OwnerMap owners) {}

  /**
   * How the new image is described.
   *
   * @param name the image's name, {@code latest} if it has no tag; empty for none
   * @param createdBy the command that has written the files
   * @param changes instructions of a Dockerfile that change the configuration
   */
  public record Description(
      Optional<String> name,
      String author,
      String comment,
      String createdBy,
      List<String> changes) {}

  /** Something that is to be done while the container's files do not change. */
  @FunctionalInterface
  public interface Quiet {
    /** Runs the work while the container's processes stand still, or do not, as the user wants. */
    void during(Work work) throws IOException, InterruptedException;
  }

  /** Reads the container's files. */
  @FunctionalInterface
  public interface Work {
    void run() throws IOException;
  }

  /**
   * Makes an image.
   *
   * @param quiet has the files read
   * @throws CriException with the kind that fits
   * @throws InterruptedException when the calling thread is interrupted; nothing is left then
   */
  public StoredImage commit(Source source, Description description, Quiet quiet)
      throws InterruptedException {
    Optional<ImageReference> name = description.name.map(ImageReference::parse);
    if (name.flatMap(ImageReference::digest).isPresent()) {
      throw CriException.invalidArgument(
          "commit to %s: an image that is made gets a name with a tag, not a digest"
              .formatted(description.name.orElse("")));
    }
    try (Pin pin = store.pin()) {
      ImageRecord below = store.pinned(source.imageId, pin);
      StoredManifest manifest =
          StoredManifest.of(below, store.content(), "committed on")
              .whole(source.imageId, "committed on");
      byte[] configuration =
          store.content().read(Digest.parse(below.id()), ConfigDocument.MAX_BYTES);
      checkChanges(configuration, description);
      try (CompressedLayer layer = layer(source, quiet)) {
        return install(manifest, configuration, layer, description, name, pin);
      }
    } catch (IOException e) {
      throw ImageInstaller.explain("commit", ErrorKind.FAILED_PRECONDITION, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), "commit: " + e.getMessage(), e);
    }
  }

  /** Finds mistakes in the instructions before the container stands still. */
  private static void checkChanges(byte[] configuration, Description description)
      throws IOException {
    Digest any = Digest.sha256(configuration);
    var _ =
        CommittedDocuments.configuration(
            configuration,
            new CommittedDocuments.NewLayer(any, any, 0),
            made(description),
            description.changes);
  }

  private static CommittedDocuments.Made made(Description description) {
    return new CommittedDocuments.Made(
        Instant.now(), description.createdBy, description.author, description.comment);
  }

  private CompressedLayer layer(Source source, Quiet quiet)
      throws IOException, InterruptedException {
    CompressedLayer[] written = new CompressedLayer[1];
    try {
      quiet.during(
          () ->
              written[0] =
                  CompressedLayer.write(
                      source.upper, source.owners, Optional.empty(), store.temporary()));
      return written[0];
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (written[0] != null) {
        written[0].close();
      }
      throw e;
    }
  }

  private StoredImage install(
      StoredManifest below,
      byte[] belowConfiguration,
      CompressedLayer layer,
      Description description,
      Optional<ImageReference> name,
      Pin pin)
      throws IOException, InterruptedException {
    byte[] configuration =
        CommittedDocuments.configuration(
            belowConfiguration, layer.layer(), made(description), description.changes);
    byte[] manifest = CommittedDocuments.manifest(below, configuration, layer.layer());
    var top =
        new FetchedManifest(Digest.sha256(manifest), manifest, Optional.of(below.mediaType()));
    layer.moveInto(store.content(), pin);
    var parts = new Parts(configuration);
    ImageRecord image =
        new ImageInstaller(store, pin, parts, PullListener.NONE, Platform.current())
            .prepare(
                top,
                name.map(ImageReference::toString).map(Set::of).orElse(Set.of()),
                /* repositories= */ Set.of());
    return store.register(image);
  }

  /** The new configuration of the image; the rest is in the store. */
  private record Parts(byte[] configuration) implements ImageSource {
    @Override
    public FetchedManifest manifest(Digest digest) throws IOException {
      throw new IOException("manifest " + digest + " is not a part of the new image");
    }

    @Override
    public void fetch(Digest digest, long size, Sink sink) throws IOException {
      if (!digest.matches(configuration)) {
        throw new IOException("blob " + digest + " is not in the store");
      }
      sink.write(configuration, (int) sink.position(), configuration.length);
    }
  }
}

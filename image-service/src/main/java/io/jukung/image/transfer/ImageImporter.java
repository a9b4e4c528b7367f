package io.jukung.image.transfer;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.archive.ArchiveFiles;
import io.jukung.image.archive.ArchivedImage;
import io.jukung.image.archive.ImageArchive;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.image.store.StoredImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Imports images from archives into the store: OCI layouts in a directory or tar file, and archives
 * of {@code docker save}. Thread-safe.
 */
public final class ImageImporter {
  private final ImageStore store;

  /**
   * The result of an import, in the order of the archive.
   *
   * @param images each image once, with all its names, including names from before the import
   * @param names the names that the archive has given, and the IDs of images without a name
   */
  public record Imported(List<StoredImage> images, List<String> names) {}

  public ImageImporter(ImageStore store) {
    this.store = store;
  }

  /**
   * Imports all images of the archive, or none. An image that gets no name can be found by its ID
   * only.
   *
   * @param reference the name for the image that has none in the archive; empty for none
   * @param pin whether the node's garbage collection must keep the images from now on
   * @throws CriException with the kind that fits
   * @throws InterruptedException when the calling thread is interrupted; all work has ended then
   *     and its files are removed
   */
  public Imported importFrom(Path path, String reference, boolean pin) throws InterruptedException {
    String action = "import " + path;
    try (Pin held = store.pin();
        ArchiveFiles files = ArchiveFiles.open(path, store.temporary(), store.layerLimits())) {
      ImageArchive archive = ImageArchive.of(files);
      List<ImageRecord> records = new ArrayList<>();
      for (ArchivedImage image : named(archive.images(), reference)) {
        Set<String> tags = new TreeSet<>();
        Set<String> repositories = new TreeSet<>();
        image.addNames(tags, repositories);
        records.add(
            new ImageInstaller(store, held, archive, PullListener.NONE, Platform.current())
                .prepare(image.top(), tags, repositories));
      }
      for (ImageRecord complete : records) {
        store.register(pin ? complete.asPinned() : complete);
      }
      return imported(records);
    } catch (IOException e) {
      throw ImageInstaller.explain(action, ErrorKind.FAILED_PRECONDITION, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    }
  }

  private Imported imported(List<ImageRecord> records) {
    Set<String> ids = new LinkedHashSet<>();
    Set<String> names = new LinkedHashSet<>();
    for (ImageRecord each : records) {
      ids.add(each.id());
      names.addAll(each.repoTags().isEmpty() ? each.repoDigests() : each.repoTags());
      if (each.repoTags().isEmpty() && each.repoDigests().isEmpty()) {
        names.add(each.id());
      }
    }
    return new Imported(
        ids.stream().flatMap(id -> store.find(id).stream()).toList(), List.copyOf(names));
  }

  private static List<ArchivedImage> named(List<ArchivedImage> images, String reference) {
    if (images.isEmpty()) {
      throw CriException.failedPrecondition("it has no image for " + Platform.current());
    }
    if (reference.isEmpty()) {
      return images;
    }
    List<ArchivedImage> nameless =
        images.stream().filter(image -> image.names().isEmpty()).toList();
    if (nameless.size() != 1) {
      throw CriException.invalidArgument(
          "the name %s is for one image that has none, and the archive has %s"
              .formatted(reference, nameless.isEmpty() ? "no such" : "several"));
    }
    return images.stream()
        .map(image -> image.names().isEmpty() ? image.named(reference) : image)
        .toList();
  }
}

package io.jukung.image.archive;

import static io.jukung.image.manifest.ManifestDocument.MAX_BYTES;

import io.jukung.cri.CriException;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.JsonDocument;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An OCI image layout (image-spec, image-layout.md) in a directory or tar file. */
public final class OciLayout implements ImageArchive {
  public static final String INDEX = "index.json";
  public static final String MARKER = "oci-layout";
  public static final String VERSION = "1.0.0";

  /** The annotation in which containerd and Docker write the whole name. */
  public static final String NAME_ANNOTATION = "io.containerd.image.name";

  public static final String REF_NAME_ANNOTATION = "org.opencontainers.image.ref.name";
  private static final int MAX_MARKER_BYTES = 4096;

  private final ArchiveFiles files;

  OciLayout(ArchiveFiles files) {
    this.files = files;
  }

  @Override
  public List<ArchivedImage> images() throws IOException {
    checkVersion();
    byte[] content = files.read(INDEX, MAX_BYTES);
    Optional<String> type = Optional.of(MediaType.OCI_INDEX.text());
    if (!(ManifestDocument.parse(Digest.sha256(content), content, type)
        instanceof ImageIndex index)) {
      throw CriException.failedPrecondition(INDEX + " is not an index");
    }
    List<ArchivedImage> images = new ArrayList<>();
    List<ImageIndex.Entry> nameless = new ArrayList<>();
    for (ImageIndex.Entry entry : index.entries()) {
      List<String> names = names(entry.annotations());
      if (names.isEmpty()) {
        nameless.add(entry);
      } else {
        images.add(new ArchivedImage(manifest(entry), names, /* registryForm= */ true));
      }
    }
    // Several manifests without a name are one image for several platforms.
    Optional<ImageIndex.Entry> chosen =
        nameless.size() == 1
            ? Optional.of(nameless.getFirst())
            : Platform.current().select(nameless);
    if (chosen.isPresent()) {
      images.add(new ArchivedImage(manifest(chosen.get()), List.of(), /* registryForm= */ true));
    }
    return images;
  }

  @Override
  public FetchedManifest manifest(Digest digest) throws IOException {
    String name = blob(digest);
    if (files.size(name).isEmpty()) {
      throw missing(digest);
    }
    byte[] content = files.read(name, MAX_BYTES);
    if (!digest.matches(content)) {
      throw new ContentMismatchException(
          "manifest %s has the digest %s instead".formatted(digest, Digest.sha256(content)));
    }
    return new FetchedManifest(digest, content, Optional.empty());
  }

  @Override
  public void fetch(Digest digest, long size, Sink sink) throws IOException {
    String name = blob(digest);
    if (files.size(name).isEmpty()) {
      throw missing(digest);
    }
    try (InputStream in = files.open(name)) {
      copy(in, sink);
    }
  }

  static void copy(InputStream in, Sink sink) throws IOException {
    in.skipNBytes(sink.position());
    byte[] buffer = new byte[COPY_BYTES];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      sink.write(buffer, 0, count);
    }
  }

  private static final int COPY_BYTES = 256 * 1024;

  private void checkVersion() throws IOException {
    if (files.size(MARKER).isEmpty()) {
      throw CriException.failedPrecondition(
          "it is not an OCI layout: it has %s but no %s".formatted(INDEX, MARKER));
    }
    JsonDocument marker = JsonDocument.parse(MARKER, files.read(MARKER, MAX_MARKER_BYTES));
    String version = marker.requiredString("imageLayoutVersion");
    if (!version.equals(VERSION)) {
      throw marker.refused("its version is not " + VERSION);
    }
  }

  private FetchedManifest manifest(ImageIndex.Entry entry) throws IOException {
    FetchedManifest document = manifest(entry.descriptor().digest());
    if (document.content().length != entry.descriptor().size()) {
      throw CriException.failedPrecondition(
          "manifest %s has %d bytes and not %d"
              .formatted(document.digest(), document.content().length, entry.descriptor().size()));
    }
    return new FetchedManifest(
        document.digest(), document.content(), Optional.of(entry.descriptor().mediaType()));
  }

  /**
   * Some tools write a whole name as the reference name, others only a tag (umoci). A reference
   * name that could be either is ignored.
   */
  private static List<String> names(Map<String, String> annotations) {
    String whole = annotations.get(NAME_ANNOTATION);
    if (whole != null && !whole.isEmpty()) {
      return List.of(whole);
    }
    String name = annotations.getOrDefault(REF_NAME_ANNOTATION, "");
    boolean tagOnly = name.indexOf('/') < 0 && name.indexOf(':') < 0 && name.indexOf('@') < 0;
    return tagOnly ? List.of() : List.of(name);
  }

  public static String blob(Digest digest) {
    return "blobs/" + digest.algorithm().label() + "/" + digest.hex();
  }

  private static CriException missing(Digest digest) {
    return CriException.failedPrecondition("it does not have its blob " + digest);
  }
}

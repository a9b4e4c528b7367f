package io.jukung.image.sharedcache;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.archive.ArchiveFiles;
import io.jukung.image.archive.OciLayout;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.ImageSource;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.registry.SmallBlob;
import io.jukung.linux.fs.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * A cache in an OCI image layout (image-spec, image-layout.md) in a directory of this node, as
 * BuildKit has caches of the type {@code local}. The directory is an administrator's; what is read
 * is checked as that of a registry.
 *
 * @param directory absolute
 * @param tag the reference name of the cache in the layout, which can have several
 */
record LocalCache(Path directory, String tag) {
  /** What the name of a local cache begins with; no name of an image in a registry does. */
  private static final String SCHEME = "oci-layout://";

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String MARKER = "{\"imageLayoutVersion\":\"" + OciLayout.VERSION + "\"}";
  private static final int READABLE = 0644;

  /**
   * Parses a name such as {@code oci-layout:///var/cache/build:latest}; empty if it is that of a
   * cache in a registry.
   *
   * @throws CriException INVALID_ARGUMENT if it names no absolute directory with a tag
   */
  static Optional<LocalCache> named(String name) {
    if (!name.startsWith(SCHEME)) {
      return Optional.empty();
    }
    int colon = name.lastIndexOf(':');
    String directory = colon < SCHEME.length() ? "" : name.substring(SCHEME.length(), colon);
    String tag = name.substring(colon + 1);
    if (!directory.startsWith("/") || !tag.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")) {
      throw CriException.invalidArgument(
          "cache \"" + name + "\" is not " + SCHEME + "/DIRECTORY:TAG");
    }
    return Optional.of(new LocalCache(Path.of(directory), tag));
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────

  /** Reads the list of the steps. */
  ImportedSteps read(ImportedSteps before, Path temporary, LayerLimits limits)
      throws IOException, InterruptedException {
    Layout layout = new Layout(directory, temporary, limits);
    Descriptor found =
        entries(layout.file(OciLayout.INDEX)).stream()
            .filter(each -> tag.equals(each.annotations().get(OciLayout.REF_NAME_ANNOTATION)))
            .findFirst()
            .map(ImageIndex.Entry::descriptor)
            .orElseThrow(() -> CriException.notFound("it has no cache " + tag));
    FetchedManifest manifest = layout.manifest(found.digest());
    ManifestDocument document =
        ManifestDocument.parse(
            manifest.digest(), manifest.content(), Optional.of(found.mediaType()));
    Descriptor list = CacheDocuments.stepsOf(document);
    byte[] content = SmallBlob.fetch("list of steps", list, layout);
    return before.with(CacheDocuments.parse((ArtifactManifest) document, content), layout);
  }

  private static List<ImageIndex.Entry> entries(byte[] index) {
    Digest digest = Digest.sha256(index);
    Optional<String> type = Optional.of(MediaType.OCI_INDEX.text());
    if (ManifestDocument.parse(digest, index, type) instanceof ImageIndex parsed) {
      return parsed.entries();
    }
    throw CriException.failedPrecondition(OciLayout.INDEX + " is not an index");
  }

  /** Opens the directory for each file, since nothing tells it the end of the build. */
  private record Layout(Path directory, Path temporary, LayerLimits limits) implements ImageSource {
    byte[] file(String name) throws IOException {
      try (ArchiveFiles files = open()) {
        if (files.size(OciLayout.MARKER).isEmpty() || files.size(name).isEmpty()) {
          throw CriException.failedPrecondition("it is not an OCI layout");
        }
        return files.read(name, ManifestDocument.MAX_BYTES);
      }
    }

    private ArchiveFiles open() throws IOException {
      return ArchiveFiles.open(directory, temporary, limits);
    }

    @Override
    public FetchedManifest manifest(Digest digest) throws IOException {
      byte[] content = file(OciLayout.blob(digest));
      if (!digest.matches(content)) {
        throw new ContentMismatchException(
            "manifest %s has the digest %s instead".formatted(digest, Digest.sha256(content)));
      }
      return new FetchedManifest(digest, content, Optional.empty());
    }

    @Override
    public void fetch(Digest digest, long size, Sink sink)
        throws IOException, InterruptedException {
      try (ArchiveFiles files = open()) {
        if (files.size(OciLayout.blob(digest)).isEmpty()) {
          throw CriException.failedPrecondition(
              "cache " + directory + " does not have its blob " + digest);
        }
        try (InputStream in = files.open(OciLayout.blob(digest))) {
          in.skipNBytes(sink.position());
          byte[] buffer = new byte[64 << 10];
          for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            if (Thread.interrupted()) {
              throw new InterruptedIOException("interrupted");
            }
            sink.write(buffer, 0, count);
          }
        }
      }
    }
  }

  // ── writing ────────────────────────────────────────────────────────────────────────────────

  /**
   * Writes the cache. Other caches and images of the layout stay, and so do blobs that nothing in
   * it names any more: another program may have written them. Readers see the old cache or the new.
   *
   * @param documents small blobs that the manifest names
   * @param layers of the store, which the caller has pinned
   */
  void write(byte[] manifest, List<byte[]> documents, List<Descriptor> layers, ContentStore content)
      throws IOException {
    Files.createDirectories(directory.resolve("blobs/sha256"));
    byte[] index = index(manifest);
    for (Descriptor layer : layers) {
      Path blob = directory.resolve(OciLayout.blob(layer.digest()));
      if (!Files.exists(blob) || Files.size(blob) != layer.size()) {
        copy(layer.digest(), blob, content);
      }
    }
    for (byte[] document : documents) {
      put(document);
    }
    put(manifest);
    AtomicFile.write(directory.resolve(OciLayout.MARKER), MARKER.getBytes(UTF_8), READABLE);
    AtomicFile.write(directory.resolve(OciLayout.INDEX), index, READABLE);
  }

  private void put(byte[] document) throws IOException {
    Path blob = directory.resolve(OciLayout.blob(Digest.sha256(document)));
    AtomicFile.write(blob, document, READABLE);
  }

  private static void copy(Digest digest, Path blob, ContentStore content) throws IOException {
    Path part =
        Files.createTempFile(
            blob.getParent(),
            ".jukung-",
            ".partial",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
    try {
      try (InputStream in = content.open(digest)) {
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      }
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** The index of the layout as it is, with this cache in place of what has its tag. */
  private byte[] index(byte[] manifest) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("schemaVersion", 2);
    root.put("mediaType", MediaType.OCI_INDEX.text());
    ArrayNode manifests = root.putArray("manifests");
    Path file = directory.resolve(OciLayout.INDEX);
    if (Files.exists(file)) {
      if (Files.size(file) > ManifestDocument.MAX_BYTES) {
        throw CriException.failedPrecondition(OciLayout.INDEX + " is not an index: it is too long");
      }
      byte[] there = Files.readAllBytes(file);
      var _ = entries(there); // refuses what is no index
      for (JsonNode entry : JSON.readTree(there).path("manifests")) {
        String name = entry.path("annotations").path(OciLayout.REF_NAME_ANNOTATION).asText("");
        if (!name.equals(tag)) {
          manifests.add(entry);
        }
      }
    }
    ObjectNode entry = manifests.addObject().put("mediaType", MediaType.OCI_MANIFEST.text());
    entry.put("digest", Digest.sha256(manifest).toString()).put("size", manifest.length);
    entry.putObject("annotations").put(OciLayout.REF_NAME_ANNOTATION, tag);
    return root.toString().getBytes(UTF_8);
  }
}

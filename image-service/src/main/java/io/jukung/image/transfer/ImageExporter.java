package io.jukung.image.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.archive.DockerArchive;
import io.jukung.image.archive.OciLayout;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.image.store.StoredManifest;
import io.jukung.image.tar.TarWriter;
import io.jukung.linux.fs.AtomicFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes images into archives. All content has the same digests as when it was pulled or imported.
 * Thread-safe.
 */
public final class ImageExporter {
  private static final int BUFFER_BYTES = 1024 * 1024;

  private final ImageStore store;

  public ImageExporter(ImageStore store) {
    this.store = store;
  }

  /** The format of an archive. */
  public enum Format {
    /** An OCI layout, which {@code docker load} can read as well. */
    OCI_ARCHIVE,
    /** The format of {@code docker save} since Docker 1.10. */
    DOCKER_ARCHIVE
  }

  /** An image to be written, with the tags that it gets in the archive. */
  private record Exported(Digest manifest, ImageManifest content, List<String> tags) {}

  /**
   * Writes the images into one archive. If that fails, no file is left. An image that is given by
   * its ID keeps all its tags.
   *
   * @param target an absolute path; an existing file is replaced
   */
  public void exportTo(List<String> references, Path target, Format format)
      throws InterruptedException {
    String action = "export to " + target;
    if (references.isEmpty()) {
      throw CriException.invalidArgument("no image to export");
    }
    try (Pin pin = store.pin()) {
      List<Exported> images = new ArrayList<>();
      for (String reference : references) {
        images.add(find(reference, pin));
      }
      write(images, target, format);
    } catch (IOException e) {
      throw ImageInstaller.explain(action, ErrorKind.FAILED_PRECONDITION, e);
    }
  }

  /**
   * Writes one image into a stream.
   *
   * @param image its ID
   * @param tags the names that it gets in the archive, whatever names it has here
   * @param target stays open
   */
  public void exportTo(String image, List<String> tags, OutputStream target, Format format)
      throws IOException {
    try (Pin pin = store.pin()) {
      Exported found = find(image, pin);
      OutputStream buffered = new BufferedOutputStream(target, BUFFER_BYTES);
      write(
          List.of(new Exported(found.manifest, found.content, List.copyOf(tags))),
          new TarWriter(buffered),
          format);
      buffered.flush();
    }
  }

  private Exported find(String reference, Pin pin) throws IOException {
    ImageRecord image = store.pinned(reference, pin);
    Optional<String> asked = ImageReference.tagged(reference).filter(image.repoTags()::contains);
    List<String> tags = asked.map(List::of).orElse(List.copyOf(image.repoTags()));
    StoredManifest stored =
        StoredManifest.of(image, store.content(), "exported").whole(reference, "exported");
    return new Exported(stored.digest(), stored.manifest(), tags);
  }

  private void write(List<Exported> images, Path target, Format format) throws IOException {
    Path directory = target.getParent();
    if (directory == null) {
      throw CriException.invalidArgument(target + " is not a file's path");
    }
    if (!Files.isDirectory(directory)) {
      throw CriException.notFound("there is no directory " + directory);
    }
    Path temporary =
        Files.createTempFile(
            directory,
            "." + target.getFileName() + "-",
            ".partial",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
    try {
      try (OutputStream out =
          new BufferedOutputStream(Files.newOutputStream(temporary), BUFFER_BYTES)) {
        write(images, new TarWriter(out), format);
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      AtomicFile.sync(directory);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void write(List<Exported> images, TarWriter tar, Format format) throws IOException {
    if (format == Format.OCI_ARCHIVE) {
      tar.file(
          OciLayout.MARKER,
          ("{\"imageLayoutVersion\":\"" + OciLayout.VERSION + "\"}").getBytes(UTF_8));
      tar.file(OciLayout.INDEX, index(images));
    }
    tar.file(DockerArchive.MANIFEST, dockerManifest(images));
    Map<Digest, Long> blobs = new TreeMap<>();
    for (Exported image : images) {
      if (format == Format.OCI_ARCHIVE) {
        blobs.put(image.manifest, store.content().size(image.manifest));
      }
      blobs.put(image.content.config().digest(), image.content.config().size());
      image.content.layers().forEach(layer -> blobs.put(layer.digest(), layer.size()));
    }
    for (var blob : blobs.entrySet()) {
      try (InputStream in = store.content().open(blob.getKey())) {
        tar.file(OciLayout.blob(blob.getKey()), in, blob.getValue());
      }
    }
    tar.finish();
  }

  private byte[] index(List<Exported> images) throws IOException {
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.put("schemaVersion", 2).put("mediaType", MediaType.OCI_INDEX.text());
    ArrayNode manifests = index.putArray("manifests");
    for (Exported image : images) {
      if (image.tags.isEmpty()) {
        manifests.add(descriptor(image));
      }
      for (String tag : image.tags) {
        // The annotations that containerd and Docker write and read.
        ObjectNode named = descriptor(image);
        named
            .putObject("annotations")
            .put(OciLayout.NAME_ANNOTATION, tag)
            .put(OciLayout.REF_NAME_ANNOTATION, tag.substring(tag.lastIndexOf(':') + 1));
        manifests.add(named);
      }
    }
    return index.toString().getBytes(UTF_8);
  }

  private ObjectNode descriptor(Exported image) throws IOException {
    byte[] manifest = store.content().read(image.manifest, ManifestDocument.MAX_BYTES);
    return JsonNodeFactory.instance
        .objectNode()
        .put("mediaType", ManifestDocument.mediaType(image.manifest, manifest))
        .put("digest", image.manifest.toString())
        .put("size", manifest.length);
  }

  private static byte[] dockerManifest(List<Exported> images) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    Map<Digest, ObjectNode> items = new LinkedHashMap<>();
    for (Exported image : images) {
      Digest config = image.content.config().digest();
      ObjectNode item = items.get(config);
      if (item == null) {
        item = list.addObject();
        item.put("Config", OciLayout.blob(config)).putArray("RepoTags");
        ArrayNode layers = item.putArray("Layers");
        image.content.layers().forEach(layer -> layers.add(OciLayout.blob(layer.digest())));
        items.put(config, item);
      }
      image.tags.forEach(item.withArray("RepoTags")::add);
    }
    return list.toString().getBytes(UTF_8);
  }
}

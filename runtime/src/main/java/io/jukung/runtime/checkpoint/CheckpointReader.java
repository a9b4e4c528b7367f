package io.jukung.runtime.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.CriException;
import io.jukung.image.layer.LayerLimits;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.RegularFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads what a restore needs of a checkpoint: files of known names, within limits. */
final class CheckpointReader {
  private static final int MAX_JSON_BYTES = 1 << 20;

  /** A process has some ten images, and each of its threads one. */
  private static final int MAX_FILES = 100_000;

  /** As much as a layer of an image may have; more memory than nodes have today. */
  private static final long MAX_BYTES = LayerLimits.DEFAULT.maxBytes();

  private static final String IMAGES = ArchiveNames.IMAGES + "/";
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private CheckpointReader() {}

  /** The id of the image that the container was made from: {@code sha256:…}. */
  static String baseImage(CheckpointSource source) throws IOException {
    ByteArrayOutputStream config = new ByteArrayOutputStream();
    source.visit(
        (name, size, content) -> {
          if (name.equals(ArchiveNames.CONFIG) && config.size() == 0 && size <= MAX_JSON_BYTES) {
            content.copyTo(config);
          }
        });
    String id;
    try {
      JsonNode parsed = JSON.readTree(config.toByteArray());
      id = parsed == null ? "" : parsed.path("rootfsImageRef").asText();
    } catch (JsonProcessingException e) {
      id = "";
    }
    if (!id.matches("sha256:[0-9a-f]{64}")) {
      throw CriException.failedPrecondition(
          "checkpoint "
              + source.name()
              + ": its "
              + ArchiveNames.CONFIG
              + " does not name the id of an image as rootfsImageRef");
    }
    return id;
  }

  /**
   * Copies the files.
   *
   * @throws CriException FAILED_PRECONDITION for a name that is not known, and at a limit
   */
  static void copy(CheckpointSource source, RestoreFiles target) throws IOException {
    new Copy(source, target).run();
    for (String needed :
        List.of("inventory.img", "pstree.img", "files.img", ArchiveNames.DESCRIPTORS)) {
      if (!Files.exists(target.images().resolve(needed))) {
        throw refused(source, "there is no " + IMAGES + needed);
      }
    }
  }

  private static CriException refused(CheckpointSource source, String why) {
    return CriException.failedPrecondition("checkpoint " + source.name() + ": " + why);
  }

  private static final class Copy {
    private final CheckpointSource source;
    private final RestoreFiles target;
    private final Set<String> names = new HashSet<>();
    private long bytes;

    Copy(CheckpointSource source, RestoreFiles target) {
      this.source = source;
      this.target = target;
    }

    void run() throws IOException {
      source.visit(this::member);
    }

    private void member(String name, long size, CheckpointSource.Content content)
        throws IOException {
      bytes += size;
      if (!names.add(name) || names.size() > MAX_FILES || bytes > MAX_BYTES) {
        throw refused(source, "a name is there twice, or it has too many files or bytes");
      }
      switch (name) {
        case ArchiveNames.CONFIG, ArchiveNames.SPEC, ArchiveNames.LOG, ArchiveNames.STATISTICS -> {}
        case ArchiveNames.ROOT_DIFFERENCE -> copy(target.createRootDifference(), content);
        default -> image(name, size, content);
      }
    }

    private void image(String name, long size, CheckpointSource.Content content)
        throws IOException {
      String image = name.startsWith(IMAGES) ? name.substring(IMAGES.length()) : "";
      boolean descriptors = image.equals(ArchiveNames.DESCRIPTORS) && size <= MAX_JSON_BYTES;
      if (!descriptors && !ImageCheck.isKnown(image)) {
        throw refused(
            source, "it has the file \"" + printable(name) + "\", which no restore here knows");
      }
      copy(target.createImage(image), content);
    }

    private static void copy(Fd file, CheckpointSource.Content content) throws IOException {
      try (file;
          OutputStream out = Files.newOutputStream(Path.of(file.procPath()))) {
        content.copyTo(out);
      }
    }

    private static String printable(String name) {
      String plain = name.replaceAll("[^ -~]", "?");
      return plain.substring(0, Math.min(plain.length(), 200));
    }
  }

  /** The names of the standard streams, see {@link StandardStreams}. */
  static List<String> streams(RestoreFiles files) throws IOException {
    List<String> names = new ArrayList<>();
    byte[] content =
        RegularFile.read(files.images().resolve(ArchiveNames.DESCRIPTORS), MAX_JSON_BYTES);
    try {
      JsonNode parsed = JSON.readTree(content);
      if (parsed != null && parsed.isArray() && parsed.size() == StandardStreams.COUNT) {
        parsed.forEach(each -> names.add(each.asText()));
      }
    } catch (JsonProcessingException e) {
      names.clear();
    }
    if (names.isEmpty()
        || !names.stream().allMatch(name -> StandardStreams.NAME.matcher(name).matches())) {
      throw CriException.failedPrecondition(
          "the checkpoint's " + ArchiveNames.DESCRIPTORS + " does not name three streams");
    }
    return names;
  }
}

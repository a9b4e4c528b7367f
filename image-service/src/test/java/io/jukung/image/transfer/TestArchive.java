package io.jukung.image.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.image.archive.OciLayout;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.pull.TestImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An image archive made by a test. The test can change its files before it is written. */
public final class TestArchive {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final Map<String, String> links = new LinkedHashMap<>();

  public static TestArchive layout(TestImage image, String name) {
    return layout(image, Map.of(OciLayout.REF_NAME_ANNOTATION, name));
  }

  public static TestArchive layout(TestImage image, Map<String, String> annotations) {
    ObjectNode index = index();
    descriptor(index.withArray("manifests"), image)
        .set("annotations", JSON.valueToTree(annotations));
    return new TestArchive().blobs(image).file("index.json", index.toString()).marker();
  }

  public static TestArchive layouts(Map<String, TestImage> images) {
    TestArchive archive = new TestArchive();
    ObjectNode index = index();
    images.forEach(
        (name, image) -> {
          archive.blobs(image);
          descriptor(index.withArray("manifests"), image)
              .putObject("annotations")
              .put(OciLayout.REF_NAME_ANNOTATION, name);
        });
    return archive.file("index.json", index.toString()).marker();
  }

  /** An archive as {@code docker save} writes it, with layers named by number. */
  public static TestArchive docker(TestImage image, String... tags) {
    TestArchive archive = new TestArchive();
    String config = Digest.parse(image.id()).hex() + ".json";
    archive.file(config, image.blob(Digest.parse(image.id())));
    ObjectNode item = JSON.createObjectNode();
    item.put("Config", config).set("RepoTags", JSON.valueToTree(List.of(tags)));
    ArrayNode layers = item.putArray("Layers");
    for (int i = 0; i < image.layers().size(); i++) {
      String name = i + "/layer.tar";
      layers.add(name);
      archive.file(name, image.blob(image.layers().get(i)));
    }
    return archive.file("manifest.json", JSON.createArrayNode().add(item).toString());
  }

  TestArchive blobs(TestImage image) {
    image.blobs().forEach((digest, content) -> file(OciLayout.blob(digest), content));
    return file(OciLayout.blob(image.manifestDigest()), image.manifest());
  }

  /** Adds an index.json of images without names, each with its platform. */
  TestArchive index(List<TestImage> images) throws IOException {
    ObjectNode index = index();
    for (TestImage image : images) {
      var config = JSON.readTree(image.blob(Digest.parse(image.id())));
      descriptor(index.withArray("manifests"), image)
          .putObject("platform")
          .put("os", config.get("os").textValue())
          .put("architecture", config.get("architecture").textValue());
    }
    return file("index.json", index.toString());
  }

  TestArchive marker() {
    return file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
  }

  TestArchive file(String name, String content) {
    return file(name, content.getBytes(UTF_8));
  }

  TestArchive file(String name, byte[] content) {
    files.put(name, content.clone());
    return this;
  }

  /** Adds a link in the place of the file of this name. */
  TestArchive symlink(String name, String target) {
    files.remove(name);
    links.put(name, target);
    return this;
  }

  TestArchive without(String name) {
    files.remove(name);
    return this;
  }

  public byte[] content(String name) {
    return Objects.requireNonNull(files.get(name)).clone();
  }

  public byte[] tar() {
    TestTar tar = new TestTar();
    files.forEach((name, content) -> tar.file(name, content, entry -> {}));
    links.forEach(tar::symlink);
    return tar.bytes();
  }

  public void writeTo(Path directory) throws IOException {
    for (var file : files.entrySet()) {
      Path path = directory.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue());
    }
  }

  private static ObjectNode index() {
    return JSON.createObjectNode().put("schemaVersion", 2);
  }

  private static ObjectNode descriptor(ArrayNode list, TestImage image) {
    return list.addObject()
        .put("mediaType", MediaType.OCI_MANIFEST.text())
        .put("size", image.manifest().length)
        .put("digest", image.manifestDigest().toString());
  }
}

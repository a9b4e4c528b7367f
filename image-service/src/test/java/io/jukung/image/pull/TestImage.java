package io.jukung.image.pull;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.Zstd;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/** An image made by a test: its manifest, and its blobs by digest. */
public final class TestImage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<Digest, byte[]> blobs = new LinkedHashMap<>();
  private final byte[] manifest;
  private final MediaType manifestType;
  private final Digest id;
  private final List<Digest> layers;

  private TestImage(Builder builder) {
    ObjectNode config = JSON.createObjectNode();
    config.put("os", builder.os);
    config.put("architecture", builder.architecture);
    config.put("created", "2026-01-02T03:04:05Z");
    config.set("config", builder.config);
    ObjectNode rootfs = config.putObject("rootfs");
    rootfs.put("type", "layers");
    ArrayNode diffIds = rootfs.putArray("diff_ids");
    ObjectNode document = JSON.createObjectNode();
    document.put("schemaVersion", 2);
    document.put("mediaType", builder.manifestType.text());
    ObjectNode configDescriptor = document.putObject("config");
    ArrayNode layerDescriptors = document.putArray("layers");
    List<Digest> layerDigests = new ArrayList<>();
    for (Layer layer : builder.layers) {
      diffIds.add(Digest.sha256(layer.tar).toString());
      Digest digest = put(layer.blob);
      layerDigests.add(digest);
      layerDescriptors
          .addObject()
          .put("mediaType", layer.type.text())
          .put("size", layer.blob.length)
          .put("digest", digest.toString());
    }
    byte[] configBytes = bytes(config);
    id = put(configBytes);
    configDescriptor
        .put("mediaType", builder.configType().text())
        .put("size", configBytes.length)
        .put("digest", id.toString());
    builder.manifestEdit.accept(document);
    manifest = bytes(document);
    manifestType = builder.manifestType;
    layers = List.copyOf(layerDigests);
  }

  public static Builder of(byte[]... tars) {
    Builder builder = new Builder();
    for (byte[] tar : tars) {
      builder.gzip(tar);
    }
    return builder;
  }

  /** An index of images, each with its platform. */
  public static byte[] index(Map<Platform, TestImage> images) {
    ObjectNode document = JSON.createObjectNode();
    document.put("schemaVersion", 2);
    document.put("mediaType", MediaType.OCI_INDEX.text());
    ArrayNode manifests = document.putArray("manifests");
    images.forEach(
        (platform, image) -> {
          ObjectNode entry = manifests.addObject();
          entry
              .put("mediaType", image.manifestType.text())
              .put("size", image.manifest.length)
              .put("digest", image.manifestDigest().toString());
          ObjectNode p = entry.putObject("platform");
          p.put("os", platform.os()).put("architecture", platform.architecture());
          if (!platform.variant().isEmpty()) {
            p.put("variant", platform.variant());
          }
        });
    return bytes(document);
  }

  public String id() {
    return id.toString();
  }

  public byte[] manifest() {
    return manifest.clone();
  }

  public Digest manifestDigest() {
    return Digest.sha256(manifest);
  }

  public MediaType manifestType() {
    return manifestType;
  }

  /** The configuration and the layers, by digest. */
  public Map<Digest, byte[]> blobs() {
    return blobs;
  }

  public byte[] blob(Digest digest) {
    return Optional.ofNullable(blobs.get(digest)).orElseThrow();
  }

  /** The digests of the compressed layers, bottom first. */
  public List<Digest> layers() {
    return layers;
  }

  public static byte[] gzipped(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private Digest put(byte[] content) {
    Digest digest = Digest.sha256(content);
    blobs.put(digest, content);
    return digest;
  }

  private static byte[] bytes(ObjectNode node) {
    return node.toString().getBytes(UTF_8);
  }

  private record Layer(byte[] tar, byte[] blob, MediaType type) {}

  /** Collects the layers and settings of an image. */
  public static final class Builder {
    private final List<Layer> layers = new ArrayList<>();
    private final ObjectNode config = JSON.createObjectNode();
    private String os = "linux";
    private String architecture = Platform.current().architecture();
    private MediaType manifestType = MediaType.OCI_MANIFEST;
    private Consumer<ObjectNode> manifestEdit = document -> {};

    public Builder gzip(byte[] tar) {
      layers.add(
          new Layer(
              tar, gzipped(tar), isOci() ? MediaType.OCI_LAYER_GZIP : MediaType.DOCKER_LAYER_GZIP));
      return this;
    }

    public Builder zstd(byte[] tar) {
      layers.add(
          new Layer(
              tar,
              Zstd.compress(tar),
              isOci() ? MediaType.OCI_LAYER_ZSTD : MediaType.DOCKER_LAYER_ZSTD));
      return this;
    }

    public Builder plain(byte[] tar) {
      layers.add(new Layer(tar, tar, isOci() ? MediaType.OCI_LAYER : MediaType.DOCKER_LAYER));
      return this;
    }

    /** Adds a layer whose blob does not match its diff ID. */
    public Builder lying(byte[] tar, byte[] blob) {
      layers.add(new Layer(tar, blob, MediaType.OCI_LAYER_GZIP));
      return this;
    }

    /** Makes an image with Docker's media types. To be called before layers are added. */
    public Builder docker() {
      manifestType = MediaType.DOCKER_MANIFEST;
      return this;
    }

    public Builder config(Consumer<ObjectNode> edit) {
      edit.accept(config);
      return this;
    }

    public Builder platform(String newOs, String newArchitecture) {
      os = newOs;
      architecture = newArchitecture;
      return this;
    }

    public Builder manifest(Consumer<ObjectNode> edit) {
      manifestEdit = edit;
      return this;
    }

    public TestImage build() {
      return new TestImage(this);
    }

    private boolean isOci() {
      return manifestType == MediaType.OCI_MANIFEST;
    }

    private MediaType configType() {
      return isOci() ? MediaType.OCI_CONFIG : MediaType.DOCKER_CONFIG;
    }
  }
}

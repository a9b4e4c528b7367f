package io.jukung.engine.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.ImportRequest;
import io.jukung.cri.client.ContextUpload;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Platform;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code docker import}: a root file system in a tar archive becomes an image with one layer. The
 * daemon imports it from a directory in the form of {@code docker save}; changes of the
 * configuration are a build on that image.
 */
final class RootfsImport {
  private static final String LAYER = "layer.tar";
  private static final String CONFIGURATION = "config.json";

  /** As docker: what an import can change. */
  private static final Set<String> CHANGES =
      Set.of(
          "CMD",
          "ENTRYPOINT",
          "ENV",
          "EXPOSE",
          "HEALTHCHECK",
          "LABEL",
          "ONBUILD",
          "STOPSIGNAL",
          "USER",
          "VOLUME",
          "WORKDIR");

  /** The first bytes of archives that the JDK cannot decompress. */
  private static final Map<String, String> OTHER_COMPRESSIONS =
      Map.of("425a68", "bzip2", "fd377a585a00", "xz", "28b52ffd", "zstd");

  private final Daemon daemon;

  RootfsImport(Daemon daemon) {
    this.daemon = daemon;
  }

  void handle(Exchange exchange, String source) throws IOException, InterruptedException {
    Query query = exchange.query();
    if (!source.equals("-")) {
      throw HttpError.notImplemented("the parameter fromSrc with a URL");
    }
    Platform.require(query);
    List<String> changes = changes(query);
    String repository = query.text("repo").orElse("");
    String name =
        repository.isEmpty() ? "" : ImageNames.join(repository, query.text("tag").orElse(""));
    try (SpooledDirectory spool = SpooledDirectory.make()) {
      String diffId = spoolLayer(exchange.body(), spool.file(LAYER));
      Files.write(
          spool.file(CONFIGURATION),
          Json.line(configuration(diffId, query.text("message").orElse("Imported from -"))));
      Files.write(spool.file("manifest.json"), Json.line(Json.array().add(manifest())));
      ProgressStream progress = new ProgressStream(exchange);
      progress.begin(); // from here on a client that leaves ends the import
      try {
        progress.status("", importFrom(spool.path(), name, changes));
      } catch (StatusRuntimeException e) {
        progress.error(ArchiveRoutes.withoutPath(DaemonStatus.message(e), spool.path()));
      }
    }
  }

  private static List<String> changes(Query query) {
    List<String> changes =
        query.all("changes").stream()
            .flatMap(String::lines)
            .map(String::strip)
            .filter(each -> !each.isEmpty())
            .toList();
    for (String each : changes) {
      String keyword = each.split("\\s", 2)[0].toUpperCase(Locale.ROOT);
      if (!CHANGES.contains(keyword)) {
        throw HttpError.badRequest(keyword + " is not a valid change command");
      }
    }
    return changes;
  }

  /**
   * Copies the layer, without its compression.
   *
   * @return its digest
   */
  private static String spoolLayer(InputStream body, Path target) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream plain = decompressed(new BufferedInputStream(body));
        OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
      var _ = plain.transferTo(out);
    }
    return "sha256:" + HexFormat.of().formatHex(digest.digest());
  }

  private static InputStream decompressed(BufferedInputStream body) throws IOException {
    body.mark(8);
    String magic = HexFormat.of().formatHex(body.readNBytes(6));
    body.reset();
    if (magic.startsWith("1f8b")) {
      return new GZIPInputStream(body);
    }
    for (Map.Entry<String, String> each : OTHER_COMPRESSIONS.entrySet()) {
      if (magic.startsWith(each.getKey())) {
        throw HttpError.notImplemented(
            "the import of an archive compressed with " + each.getValue());
      }
    }
    return body;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static ObjectNode configuration(String diffId, String message) {
    String now = Instant.now().toString();
    ObjectNode json = Json.object().put("created", now);
    json.put("architecture", Platform.architecture()).put("os", "linux");
    json.putObject("config");
    json.putObject("rootfs").put("type", "layers").putArray("diff_ids").add(diffId);
    json.putArray("history").addObject().put("created", now).put("comment", message);
    return json;
  }

  private static ObjectNode manifest() {
    ObjectNode json = Json.object().put("Config", CONFIGURATION);
    json.putArray("RepoTags");
    json.putArray("Layers").add(LAYER);
    return json;
  }

  /** Returns the ID of the image. */
  private String importFrom(Path directory, String name, List<String> changes)
      throws IOException, InterruptedException {
    var imported =
        daemon
            .jukung()
            .import_(
                ImportRequest.newBuilder()
                    .setPath(directory.toString())
                    .setReference(changes.isEmpty() ? name : "")
                    .build());
    String id = imported.getImages(0).getId();
    if (changes.isEmpty()) {
      return id;
    }
    try {
      return changed(id, name, changes);
    } finally {
      // The layer belongs to the new image, too. Without that, nothing is left of the import.
      var _ =
          daemon
              .images()
              .removeImage(
                  RemoveImageRequest.newBuilder()
                      .setImage(ImageSpec.newBuilder().setImage(id))
                      .build());
    }
  }

  private String changed(String id, String name, List<String> changes)
      throws IOException, InterruptedException {
    BuildOptions.Builder options =
        BuildOptions.newBuilder().setDockerfile("FROM " + id + "\n" + String.join("\n", changes));
    if (!name.isEmpty()) {
      options.addTags(name);
    }
    String[] built = {""};
    @Nullable Throwable failure;
    try (ContextUpload upload =
        new ContextUpload(
            daemon.builds(),
            options.build(),
            message -> {
              if (message.hasBuilt()) {
                built[0] = message.getBuilt().getImageId();
              }
            })) {
      upload.complete();
      failure = upload.await();
    }
    if (failure instanceof StatusRuntimeException refused) {
      throw refused;
    }
    if (failure != null || built[0].isEmpty()) {
      throw new IOException("the changes were not carried out: " + failure, failure);
    }
    return built[0];
  }
}

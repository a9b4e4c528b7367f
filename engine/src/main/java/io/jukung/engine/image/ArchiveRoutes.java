package io.jukung.engine.image;

import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.ImportRequest;
import io.jukung.cri.v1.Image;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.daemon.Platform;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code docker load} and {@code docker save}: images in archives. */
public final class ArchiveRoutes {
  private static final String TAR = "application/x-tar";

  private final Daemon daemon;
  private final Lookup lookup;

  public ArchiveRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router
        .post("/images/load", this::load)
        .get("/images/get", exchange -> save(exchange, exchange.query().all("names")))
        .get("/images/{name}/get", exchange -> save(exchange, List.of(exchange.parameter("name"))));
  }

  private void load(Exchange exchange) throws IOException {
    Platform.requireJson(exchange.query());
    try (SpooledDirectory spool = SpooledDirectory.make()) {
      Path archive = spool.file("archive.tar");
      Files.copy(exchange.body(), archive);
      ProgressStream progress = new ProgressStream(exchange);
      progress.begin(); // from here on a client that leaves ends the import
      try {
        var request = ImportRequest.newBuilder().setPath(archive.toString()).build();
        for (String name : daemon.jukung().import_(request).getNamesList()) {
          boolean nameless = name.startsWith("sha256:");
          progress.stream(
              (nameless ? "Loaded image ID: " : "Loaded image: ")
                  + ImageNames.familiar(name)
                  + "\n");
        }
      } catch (StatusRuntimeException e) {
        progress.error(withoutPath(DaemonStatus.message(e), archive));
      }
    }
  }

  /** The client does not know the file that the archive was copied to. */
  static String withoutPath(String message, Path file) {
    return message.replace(file.toString(), "the archive");
  }

  private void save(Exchange exchange, List<String> names) throws IOException {
    Platform.requireJson(exchange.query());
    if (names.isEmpty()) {
      throw HttpError.badRequest("the parameter names is missing");
    }
    List<String> images = names.stream().map(this::exported).toList();
    exchange.interruptWhenClientLeaves(); // which ends the export
    try (SpooledDirectory spool = SpooledDirectory.make()) {
      Path archive = spool.file("archive.tar");
      var _ =
          daemon
              .jukung()
              .export(
                  ExportRequest.newBuilder()
                      .addAllImages(images)
                      .setPath(archive.toString())
                      .setFormat(ExportRequest.Format.OCI_ARCHIVE) // docker load reads it, too
                      .build());
      var _ = Files.copy(archive, exchange.stream(200, TAR, Map.of()));
    }
  }

  /** The image as the daemon takes it: under the name that was given, or by its whole ID. */
  private String exported(String named) {
    Image image = lookup.image(named).getImage();
    boolean byName =
        image.getRepoTagsList().stream().anyMatch(each -> ImageNames.isNamed(each, named));
    return byName ? ImageNames.withTag(named) : image.getId();
  }
}

package io.jukung.engine.files;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.jukung.client.v1.ArchivePart;
import io.jukung.client.v1.CopyOutRequest;
import io.jukung.client.v1.CopyTarget;
import io.jukung.client.v1.DiffRequest;
import io.jukung.client.v1.FileDifference;
import io.jukung.client.v1.StatPathRequest;
import io.jukung.client.v1.StatPathResponse;
import io.jukung.cri.client.CopyUpload;
import io.jukung.cri.v1.Container;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.Map;

/** {@code docker cp}, {@code docker diff} and {@code docker export}. */
public final class FileRoutes {
  private static final String STAT = "X-Docker-Container-Path-Stat";
  private static final String TAR = "application/x-tar";

  private final Daemon daemon;
  private final Lookup lookup;

  public FileRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router
        .head("/containers/{id}/archive", this::stat)
        .get("/containers/{id}/archive", this::copyOut)
        .put("/containers/{id}/archive", this::copyIn)
        .get("/containers/{id}/changes", this::changes)
        .get("/containers/{id}/export", this::export);
  }

  private static String path(Exchange exchange) {
    String path =
        exchange
            .query()
            .text("path")
            .orElseThrow(() -> HttpError.badRequest("the parameter path is missing"));
    return path.startsWith("/") ? path : "/" + path;
  }

  /** Whether the path names what is behind a symbolic link. */
  private static boolean follows(String path) {
    return path.endsWith("/") || path.endsWith("/.");
  }

  private static ByteString bytes(String path) {
    return ByteString.copyFromUtf8(path);
  }

  private StatPathResponse look(Container container, String path) {
    StatPathResponse found =
        daemon
            .containers()
            .statPath(
                StatPathRequest.newBuilder()
                    .setContainerId(container.getId())
                    .setPath(bytes(path))
                    .setFollowLink(follows(path))
                    .build());
    if (!found.getExists()) {
      throw HttpError.notFound(
          "Could not find the file " + path + " in container " + Lookup.name(container));
    }
    return found;
  }

  private static Map<String, String> header(String path, StatPathResponse found) {
    ObjectNode json = Json.object();
    json.put("name", baseName(path)).put("size", found.getSize());
    json.put("mode", GoFileMode.of(found.getMode())).put("mtime", "0001-01-01T00:00:00Z");
    json.put("linkTarget", found.getLinkTarget().toStringUtf8());
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    return Map.of(STAT, Base64.getEncoder().encodeToString(text));
  }

  private static String baseName(String path) {
    String plain = path.replaceFirst("(/\\.?)+$", "");
    String name = plain.substring(plain.lastIndexOf('/') + 1);
    return name.isEmpty() ? "/" : name;
  }

  private void stat(Exchange exchange) throws IOException {
    String path = path(exchange);
    Container container = lookup.container(exchange.parameter("id"));
    exchange.sendEmpty(200, header(path, look(container, path)));
  }

  private void copyOut(Exchange exchange) throws IOException {
    String path = path(exchange);
    Container container = lookup.container(exchange.parameter("id"));
    StatPathResponse found = look(container, path);
    String base = baseName(path);
    String name = path.endsWith("/.") || base.equals("/") ? "." : base;
    CopyOutRequest request =
        CopyOutRequest.newBuilder()
            .setContainerId(container.getId())
            .setPath(bytes(path))
            .setFollowLink(follows(path))
            .setName(bytes(name))
            .build();
    send(exchange, request, header(path, found));
  }

  private void send(Exchange exchange, CopyOutRequest request, Map<String, String> headers)
      throws IOException {
    // A client that goes away ends its copy.
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      Iterator<ArchivePart> parts = daemon.copies().copyOut(request);
      // A failure before the first part is an ordinary error.
      boolean any = parts.hasNext();
      OutputStream out = exchange.stream(200, TAR, headers);
      while (any) {
        parts.next().getData().writeTo(out);
        any = parts.hasNext();
      }
    } finally {
      call.detach(before);
      call.cancel(null);
    }
  }

  private void copyIn(Exchange exchange) throws IOException, InterruptedException {
    String path = path(exchange);
    if (exchange.query().flag("noOverwriteDirNonDir", false)) {
      // Docker's client looks itself what it would replace, and always sets this.
      requireDirectory(exchange, path);
    }
    Container container = lookup.container(exchange.parameter("id"));
    CopyTarget target =
        CopyTarget.newBuilder()
            .setContainerId(container.getId())
            .setDirectory(bytes(path))
            .setKeepOwners(exchange.query().flag("copyUIDGID", false))
            .build();
    try (CopyUpload receiver = new CopyUpload(daemon.uploads(), target)) {
      exchange.body().transferTo(receiver);
      receiver.finish();
    }
    exchange.sendEmpty(200);
  }

  private void requireDirectory(Exchange exchange, String path) {
    Container container = lookup.container(exchange.parameter("id"));
    StatPathResponse found = look(container, path.endsWith("/") ? path : path + "/");
    if (!GoFileMode.isDirectory(found.getMode())) {
      throw HttpError.badRequest("extraction point is not a directory");
    }
  }

  /** The whole root file system, without what is mounted in it. */
  private void export(Exchange exchange) throws IOException {
    Container container = lookup.container(exchange.parameter("id"));
    CopyOutRequest request =
        CopyOutRequest.newBuilder()
            .setContainerId(container.getId())
            .setPath(bytes("/"))
            .setWithoutMounts(true)
            .build();
    send(exchange, request, Map.of());
  }

  private void changes(Exchange exchange) throws IOException {
    Container container = lookup.container(exchange.parameter("id"));
    Iterator<FileDifference> differences =
        daemon.copies().diff(DiffRequest.newBuilder().setContainerId(container.getId()).build());
    ArrayNode list = Json.array();
    while (differences.hasNext()) {
      FileDifference each = differences.next();
      list.addObject().put("Path", each.getPath().toStringUtf8()).put("Kind", each.getKindValue());
    }
    exchange.sendJson(200, list);
  }
}

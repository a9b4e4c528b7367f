package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.BlobProgress;
import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.PushProgress;
import io.jukung.client.v1.PushRequest;
import io.jukung.client.v1.ResolveRequest;
import io.jukung.client.v1.ResolveResponse;
import io.jukung.cri.v1.Container;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.ConfigInstructions;
import io.jukung.engine.request.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Images that go elsewhere: pushed, and made of containers; and what registries ask for. */
public final class RegistryRoutes {
  private final Daemon daemon;
  private final Lookup lookup;

  public RegistryRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router
        .post("/auth", this::login)
        .post("/commit", this::commit)
        .post("/images/{name}/push", this::push)
        .get("/distribution/{name}/json", this::distribution);
  }

  /** Verifies credentials, which the client keeps and the engine does not. */
  private void login(Exchange exchange) throws IOException {
    JsonNode body = exchange.json();
    new Fields("AuthConfig", body)
        .without("username", "password", "serveraddress", "identitytoken", "registrytoken")
        .without("auth", "email") // the first one says the same again, and the other one nothing
        .requireNoOther();
    var auth = Credentials.of(body);
    Path directory = Files.createTempDirectory("jukung-engine-login"); // mode 0700
    Path file = directory.resolve("auth.json");
    try {
      var _ =
          daemon
              .madeImages()
              .login(
                  LoginRequest.newBuilder()
                      .setServer(auth.getServerAddress())
                      .setAuth(auth)
                      .setFile(file.toString())
                      .build());
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory);
    }
    exchange.sendJson(200, Json.object().put("Status", "Login Succeeded").put("IdentityToken", ""));
  }

  private void commit(Exchange exchange) throws IOException {
    Query query = exchange.query();
    Container container =
        lookup.container(
            query
                .text("container")
                .orElseThrow(() -> HttpError.badRequest("the parameter container is missing")));
    // Later instructions win over earlier ones.
    List<String> changes = new ArrayList<>(ConfigInstructions.of(daemon, container));
    changes.addAll(ConfigInstructions.of(exchange.json()));
    query.all("changes").stream()
        .flatMap(String::lines)
        .filter(each -> !each.isBlank())
        .forEach(changes::add);
    String repository = query.text("repo").orElse("");
    String name =
        repository.isEmpty() ? "" : ImageNames.join(repository, query.text("tag").orElse(""));
    var answer =
        daemon
            .madeImages()
            .commit(
                CommitRequest.newBuilder()
                    .setContainerId(container.getId())
                    .setName(name)
                    .setAuthor(query.text("author").orElse(""))
                    .setMessage(query.text("comment").orElse(""))
                    .addAllChanges(changes)
                    .setNoPause(!query.flag("pause", true))
                    .build());
    exchange.sendJson(201, Json.object().put("Id", answer.getImageId()));
  }

  private void distribution(Exchange exchange) throws IOException {
    ResolveResponse found =
        daemon
            .madeImages()
            .resolve(
                ResolveRequest.newBuilder()
                    .setImage(ImageNames.withTag(exchange.parameter("name")))
                    .setAuth(Credentials.of(exchange))
                    .build());
    ObjectNode json = Json.object();
    json.putObject("Descriptor")
        .put("mediaType", found.getMediaType())
        .put("digest", found.getDigest())
        .put("size", found.getSize());
    ArrayNode platforms = json.putArray("Platforms");
    for (String each : found.getPlatformsList()) {
      String[] parts = each.split("/", 3);
      ObjectNode platform = platforms.addObject();
      platform.put("architecture", parts.length > 1 ? parts[1] : "").put("os", parts[0]);
      if (parts.length == 3) {
        platform.put("variant", parts[2]);
      }
    }
    exchange.sendJson(200, json);
  }

  private void push(Exchange exchange) throws IOException {
    if (exchange.query().text("platform").isPresent()) {
      throw HttpError.notImplemented("the parameter platform");
    }
    String name =
        ImageNames.join(exchange.parameter("name"), exchange.query().text("tag").orElse(""));
    var _ = lookup.image(name); // an image that is not here is an error, not a stream
    PushRequest request =
        PushRequest.newBuilder().setImage(name).setAuth(Credentials.of(exchange)).build();
    ProgressStream progress = new ProgressStream(exchange);
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      progress.status("", "The push refers to repository [" + ImageNames.repository(name) + "]");
      push(request, name, progress);
    } catch (StatusRuntimeException e) {
      progress.error(DaemonStatus.message(e));
    } finally {
      call.detach(before);
      call.cancel(null);
    }
  }

  private void push(PushRequest request, String name, ProgressStream progress) throws IOException {
    Iterator<PushProgress> messages = daemon.madeImages().push(request);
    Map<String, BlobProgress.Phase> phases = new HashMap<>();
    while (messages.hasNext()) {
      PushProgress message = messages.next();
      for (BlobProgress each : message.getBlobsList()) {
        show(each, phases, progress);
      }
      if (!message.getDigest().isEmpty()) {
        String tag = name.substring(name.lastIndexOf(':') + 1);
        progress.status(
            "", tag + ": digest: " + message.getDigest() + " size: " + message.getSize());
        ObjectNode aux = Json.object();
        aux.putObject("progressDetail");
        aux.putObject("aux")
            .put("Tag", tag)
            .put("Digest", message.getDigest())
            .put("Size", message.getSize());
        progress.send(aux);
      }
    }
  }

  private static void show(
      BlobProgress blob, Map<String, BlobProgress.Phase> phases, ProgressStream progress)
      throws IOException {
    String id = ProgressStream.shortDigest(blob.getDigest());
    boolean changed = phases.put(blob.getDigest(), blob.getPhase()) != blob.getPhase();
    switch (blob.getPhase()) {
      case UPLOADING -> progress.progress(id, "Pushing", blob.getSentBytes(), blob.getTotalBytes());
      case WAITING, UNRECOGNIZED -> status(changed, id, "Waiting", progress);
      case UPLOADED -> status(changed, id, "Pushed", progress);
      case PRESENT -> status(changed, id, "Layer already exists", progress);
      case MOUNTED -> status(changed, id, "Mounted from another repository", progress);
    }
  }

  private static void status(boolean changed, String id, String text, ProgressStream progress)
      throws IOException {
    if (changed) {
      progress.status(id, text);
    }
  }
}

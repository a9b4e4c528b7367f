package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryStep;
import io.jukung.client.v1.TagRequest;
import io.jukung.client.v1.UntagRequest;
import io.jukung.cri.docker.ImageJson;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.daemon.Platform;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.ImageDefaults;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Images: listed, pulled, tagged, removed. */
public final class ImageRoutes {
  private final Daemon daemon;
  private final Lookup lookup;

  public ImageRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router
        .get("/images/json", this::list)
        .post("/images/create", new PullRoute(daemon, lookup)::handle)
        .post("/images/prune", new ImagePrune(daemon, lookup)::handle)
        .get("/images/search", this::search)
        .get("/images/{name}/json", this::inspect)
        .get("/images/{name}/history", this::history)
        .post("/images/{name}/tag", this::tag)
        .delete("/images/{name}", this::remove);
  }

  /** An image that is listed, with its configuration. */
  private record Summary(Image image, JsonNode specification) {}

  private void list(Exchange exchange) throws IOException {
    exchange.query().refuseFlags("manifests");
    boolean withShared = exchange.query().flag("shared-size", false);
    SharedLayers shared = new SharedLayers(daemon);
    ImageFilters filters = ImageFilters.ofList(exchange.query().json("filters"), lookup);
    List<Summary> fitting = new ArrayList<>();
    for (Image each : lookup.images()) {
      Optional<ImageStatusResponse> details =
          withShared || filters.fitsNames(each) ? lookup.imageById(each.getId()) : Optional.empty();
      if (withShared) {
        details.ifPresent(shared::add); // with all images, also those that are not listed
      }
      details
          .map(ImageDefaults::specification)
          .filter(specification -> filters.fitsNames(each) && filters.fitsContent(specification))
          .ifPresent(specification -> fitting.add(new Summary(each, specification)));
    }
    ArrayNode list = Json.array();
    for (Summary each : fitting) {
      ObjectNode line = ImageSummary.of(each.image(), each.specification());
      list.add(
          withShared ? line.put("SharedSize", shared.sharedBytes(each.image().getId())) : line);
    }
    exchange.sendJson(200, list);
  }

  private void inspect(Exchange exchange) throws IOException {
    exchange.query().refuseFlags("manifests");
    Platform.requireJson(exchange.query());
    ImageStatusResponse found = lookup.image(exchange.parameter("name"));
    ObjectNode json = ImageJson.of(found);
    json.set("RepoTags", ImageSummary.names(found.getImage().getRepoTagsList()));
    json.set("RepoDigests", ImageSummary.names(found.getImage().getRepoDigestsList()));
    exchange.sendJson(200, json);
  }

  private void history(Exchange exchange) throws IOException {
    Platform.requireJson(exchange.query());
    Image image = lookup.image(exchange.parameter("name")).getImage();
    var answer =
        daemon.madeImages().history(HistoryRequest.newBuilder().setImage(image.getId()).build());
    ArrayNode list = Json.array();
    for (HistoryStep each : answer.getStepsList()) {
      ObjectNode step = list.addObject();
      boolean latest = list.size() == 1;
      step.put("Id", latest ? image.getId() : "<missing>");
      step.put("Created", ImageFilters.time(each.getCreated()).getEpochSecond());
      step.put("CreatedBy", each.getCreatedBy());
      step.set("Tags", latest ? ImageSummary.names(image.getRepoTagsList()) : step.nullNode());
      step.put("Size", each.getSize()).put("Comment", each.getComment());
    }
    exchange.sendJson(200, list);
  }

  private void tag(Exchange exchange) throws IOException {
    String repository =
        exchange
            .query()
            .text("repo")
            .orElseThrow(() -> HttpError.badRequest("the parameter repo is missing"));
    String name = ImageNames.join(repository, exchange.query().text("tag").orElse(""));
    String id = lookup.image(exchange.parameter("name")).getImage().getId();
    var _ = daemon.jukung().tag(TagRequest.newBuilder().setImage(id).setTag(name).build());
    exchange.sendEmpty(201);
  }

  private void remove(Exchange exchange) throws IOException {
    if (!exchange.query().text("platforms").orElse("").isEmpty()) {
      throw HttpError.notImplemented("the parameter platforms");
    }
    String named = exchange.parameter("name");
    Image image = lookup.image(named).getImage();
    boolean byId = image.getId().startsWith(named) || image.getId().startsWith("sha256:" + named);
    boolean force = exchange.query().flag("force", false);
    if (!byId && image.getRepoTagsCount() > 1) {
      untag(exchange, image, named);
      return;
    }
    if (byId && image.getRepoTagsCount() > 1 && !force) {
      throw HttpError.conflict(
          "conflict: unable to delete "
              + ProgressStream.shortDigest(image.getId())
              + " (must be forced) - image is referenced in multiple repositories");
    }
    requireUnused(image);
    ArrayNode answer = Json.array();
    ImageRemoval.remove(daemon, image, answer);
    exchange.sendJson(200, answer);
  }

  /** Takes one of several names from an image, which stays, also if containers use it. */
  private void untag(Exchange exchange, Image image, String named) throws IOException {
    String tag =
        image.getRepoTagsList().stream()
            .filter(each -> ImageNames.isNamed(each, named))
            .findFirst()
            .orElseThrow(
                () -> HttpError.notImplemented("removing " + named + " from an image with tags"));
    var _ = daemon.jukung().untag(UntagRequest.newBuilder().setTag(tag).build());
    ArrayNode answer = Json.array();
    ImageRemoval.addUntagged(answer, tag);
    exchange.sendJson(200, answer);
  }

  private void requireUnused(Image image) {
    for (Container each : lookup.containers()) {
      if (each.getImageId().equals(image.getId())) {
        throw HttpError.conflict(
            "conflict: unable to remove image "
                + ProgressStream.shortDigest(image.getId())
                + " (cannot be forced) - container "
                + ProgressStream.shortDigest(each.getId())
                + " is using it");
      }
    }
  }

  private void search(Exchange exchange) throws IOException {
    throw HttpError.notImplemented("a search of Docker Hub");
  }
}

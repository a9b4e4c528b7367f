package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryStep;
import io.jukung.client.v1.TagRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.engine.container.Filters;
import io.jukung.engine.container.ImageDefaults;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Images: listed, pulled, tagged, removed. */
public final class ImageRoutes {
  private static final Set<String> FILTERS =
      Set.of("before", "dangling", "label", "label!", "reference", "since", "until");

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
        .get("/images/search", this::search)
        .get("/images/{name}/json", this::inspect)
        .get("/images/{name}/history", this::history)
        .post("/images/{name}/tag", this::tag)
        .delete("/images/{name}", this::remove);
  }

  private void list(Exchange exchange) throws IOException {
    Filters filters = new Filters(exchange.query().json("filters"), FILTERS);
    for (String key : List.of("before", "since", "until")) {
      if (filters.has(key)) {
        throw HttpError.notImplemented("the filter " + key);
      }
    }
    ArrayNode list = Json.array();
    for (Image each : lookup.images()) {
      boolean dangling = each.getRepoTagsCount() == 0;
      boolean wanted =
          filters.fits("dangling", text -> dangling == isTrue(text))
              && filters.fits("reference", text -> fitsReference(each, text));
      if (wanted) {
        ImageStatusResponse details = lookup.image(each.getId());
        JsonNode spec = ImageDefaults.details(details).path("imageSpec");
        if (filters.fitsLabels(labels(spec))) {
          list.add(summary(each, spec));
        }
      }
    }
    exchange.sendJson(200, list);
  }

  private static boolean isTrue(String text) {
    return text.equals("true") || text.equals("1");
  }

  private static java.util.Map<String, String> labels(JsonNode spec) {
    return spec.path("labels").properties().stream()
        .collect(Collectors.toMap(java.util.Map.Entry::getKey, each -> each.getValue().asText("")));
  }

  private static boolean fitsReference(Image image, String pattern) {
    String expression =
        pattern
            .chars()
            .mapToObj(c -> (char) c + "")
            .map(c -> c.equals("*") ? "[^/]*" : java.util.regex.Pattern.quote(c))
            .collect(Collectors.joining());
    return image.getRepoTagsList().stream()
        .map(ImageNames::familiar)
        .anyMatch(
            name -> name.matches(expression) || ImageNames.repository(name).matches(expression));
  }

  private static ObjectNode summary(Image image, JsonNode spec) {
    ObjectNode json = Json.object();
    json.put("Containers", -1).put("Created", seconds(spec.path("created").asText("")));
    json.put("Id", image.getId());
    json.set("Labels", spec.path("labels").isEmpty() ? json.nullNode() : spec.path("labels"));
    json.put("ParentId", "");
    json.set("RepoDigests", names(image.getRepoDigestsList()));
    json.set("RepoTags", names(image.getRepoTagsList()));
    return json.put("SharedSize", -1).put("Size", image.getSize());
  }

  private static ArrayNode names(List<String> complete) {
    return Json.texts(complete.stream().map(ImageNames::familiar).toList());
  }

  private static long seconds(String time) {
    try {
      return OffsetDateTime.parse(time).toEpochSecond();
    } catch (DateTimeException e) {
      return 0; // the image states no time, or none that can be
    }
  }

  private void inspect(Exchange exchange) throws IOException {
    ImageStatusResponse found = lookup.image(exchange.parameter("name"));
    JsonNode details = ImageDefaults.details(found);
    JsonNode spec = details.path("imageSpec");
    Image image = found.getImage();
    ObjectNode json = Json.object();
    json.put("Id", image.getId());
    json.set("RepoTags", names(image.getRepoTagsList()));
    json.set("RepoDigests", names(image.getRepoDigestsList()));
    json.put("Parent", "").put("Comment", "");
    json.set("Created", spec.path("created"));
    json.put("DockerVersion", "").put("Author", "");
    json.set("Config", ImageDefaults.config(found));
    json.set("Architecture", spec.path("architecture"));
    json.put("Variant", spec.path("variant").asText(""));
    json.set("Os", spec.path("os"));
    json.put("Size", image.getSize());
    json.putObject("GraphDriver").put("Name", "overlayfs").putNull("Data");
    ArrayNode layers = json.putObject("RootFS").put("Type", "layers").putArray("Layers");
    details.path("diffIds").forEach(layers::add);
    json.putObject("Metadata").put("LastTagTime", "0001-01-01T00:00:00Z");
    exchange.sendJson(200, json);
  }

  private void history(Exchange exchange) throws IOException {
    Image image = lookup.image(exchange.parameter("name")).getImage();
    var answer =
        daemon.madeImages().history(HistoryRequest.newBuilder().setImage(image.getId()).build());
    ArrayNode list = Json.array();
    for (HistoryStep each : answer.getStepsList()) {
      ObjectNode step = list.addObject();
      boolean latest = list.size() == 1;
      step.put("Id", latest ? image.getId() : "<missing>");
      step.put("Created", seconds(each.getCreated())).put("CreatedBy", each.getCreatedBy());
      step.set("Tags", latest ? names(image.getRepoTagsList()) : step.nullNode());
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
    String named = exchange.parameter("name");
    Image image = lookup.image(named).getImage();
    boolean byId = image.getId().startsWith(named) || image.getId().startsWith("sha256:" + named);
    boolean force = exchange.query().flag("force", false);
    if (!byId && image.getRepoTagsCount() > 1) {
      // The daemon removes an image with all of its names, as the CRI says.
      throw HttpError.notImplemented("removing one of several names of an image");
    }
    if (byId && image.getRepoTagsCount() > 1 && !force) {
      throw HttpError.conflict(
          "conflict: unable to delete "
              + ProgressStream.shortDigest(image.getId())
              + " (must be forced) - image is referenced in multiple repositories");
    }
    requireUnused(image);
    List<String> untagged = new ArrayList<>(image.getRepoTagsList());
    var _ =
        daemon
            .images()
            .removeImage(
                RemoveImageRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(image.getId()))
                    .build());
    ArrayNode answer = Json.array();
    for (String each : untagged) {
      answer.addObject().put("Untagged", ImageNames.familiar(each));
    }
    answer.addObject().put("Deleted", image.getId());
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

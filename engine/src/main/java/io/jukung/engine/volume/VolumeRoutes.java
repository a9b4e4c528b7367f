package io.jukung.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.Volume;
import io.jukung.cri.docker.DockerTime;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.Fields;
import io.jukung.engine.request.Filters;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Volumes: made, listed, removed. */
public final class VolumeRoutes {
  private static final Set<String> FILTERS =
      Set.of("dangling", "driver", "label", "label!", "name");

  private final Daemon daemon;

  public VolumeRoutes(Daemon daemon) {
    this.daemon = daemon;
  }

  public void addTo(Router router) {
    router
        .get("/volumes", this::list)
        .post("/volumes/create", this::create)
        .post("/volumes/prune", this::prune)
        .get("/volumes/{id}", this::inspect)
        .delete("/volumes/{id}", this::remove);
  }

  private List<Volume> volumes(String name) {
    return daemon
        .volumes()
        .listVolumes(ListVolumesRequest.newBuilder().setName(name).build())
        .getVolumesList();
  }

  private void list(Exchange exchange) throws IOException {
    Filters filters = new Filters(exchange.query().json("filters"), FILTERS);
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("Volumes");
    for (Volume each : volumes("")) {
      boolean dangling = each.getContainerIdsCount() == 0;
      if (filters.fitsTruth("dangling", dangling)
          && filters.fits("driver", each.getDriver()::equals)
          && filters.fits("name", each.getName()::contains)
          && filters.fitsLabels(each.getLabelsMap())) {
        list.add(json(each));
      }
    }
    answer.putNull("Warnings");
    exchange.sendJson(200, answer);
  }

  /** A volume as docker has it. */
  public static ObjectNode json(Volume volume) {
    ObjectNode json = Json.object();
    json.put("CreatedAt", DockerTime.of(volume.getCreatedAt())).put("Driver", volume.getDriver());
    json.set(
        "Labels",
        volume.getLabelsCount() == 0 ? json.nullNode() : Json.texts(volume.getLabelsMap()));
    json.put("Mountpoint", volume.getMountpoint()).put("Name", volume.getName());
    json.set(
        "Options",
        volume.getOptionsCount() == 0 ? json.nullNode() : Json.texts(volume.getOptionsMap()));
    return json.put("Scope", "local");
  }

  private void create(Exchange exchange) throws IOException {
    JsonNode body = exchange.json();
    Fields fields = new Fields("VolumeCreateOptions", body);
    CreateVolumeRequest request =
        CreateVolumeRequest.newBuilder()
            .setName(fields.text("Name"))
            .setDriver(fields.text("Driver"))
            .putAllOptions(fields.map("DriverOpts"))
            .putAllLabels(fields.map("Labels"))
            .build();
    fields.requireNoOther();
    exchange.sendJson(201, json(daemon.volumes().createVolume(request).getVolume()));
  }

  private Volume named(Exchange exchange) {
    String name = exchange.parameter("id");
    return volumes(name).stream()
        .findFirst()
        .orElseThrow(() -> HttpError.notFound("get " + name + ": no such volume"));
  }

  private void inspect(Exchange exchange) throws IOException {
    exchange.sendJson(200, json(named(exchange)));
  }

  private void remove(Exchange exchange) throws IOException {
    boolean force = exchange.query().flag("force", false);
    try {
      var _ =
          daemon
              .volumes()
              .removeVolume(
                  RemoveVolumeRequest.newBuilder().setName(exchange.parameter("id")).build());
    } catch (StatusRuntimeException e) {
      if (!force || !DaemonStatus.isNotFound(e)) {
        throw e;
      }
    }
    exchange.sendEmpty(204);
  }

  private void prune(Exchange exchange) throws IOException {
    Filters filters =
        new Filters(exchange.query().json("filters"), Set.of("all", "label", "label!"));
    boolean all = filters.has("all") && filters.fitsTruth("all", true);
    ObjectNode answer = Json.object();
    ArrayNode removed = answer.putArray("VolumesDeleted");
    long freed = 0;
    for (Volume each : volumes("")) {
      if (each.getContainerIdsCount() == 0
          && (all || each.getAnonymous())
          && filters.fitsLabels(each.getLabelsMap())) {
        freed +=
            daemon
                .volumes()
                .removeVolume(RemoveVolumeRequest.newBuilder().setName(each.getName()).build())
                .getFreedBytes();
        removed.add(each.getName());
      }
    }
    exchange.sendJson(200, answer.put("SpaceReclaimed", freed));
  }
}

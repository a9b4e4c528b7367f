package io.jukung.runtime.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.runtime.call.EncodedMessage;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.Overlay;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** ContainerStatus: returns all that is known of one container. */
public final class ContainerStatus {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final ContainerStore containers;
  private final ContainerViews views;
  private final StateFiles files;
  private final LaunchCompiler compiler;
  private final PathWork pathWork;

  public ContainerStatus(
      ContainerStore containers,
      ContainerViews views,
      StateFiles files,
      LaunchCompiler compiler,
      PathWork pathWork) {
    this.containers = containers;
    this.views = views;
    this.files = files;
    this.compiler = compiler;
    this.pathWork = pathWork;
  }

  /** Returns the answer to a request that is not verbose, from memory alone. */
  public EncodedMessage encoded(ContainerStatusRequest request) {
    Container container = containers.get(request.getContainerId());
    return new EncodedMessage()
        .add(ContainerStatusResponse.STATUS_FIELD_NUMBER, views.status(container));
  }

  public ContainerStatusResponse call(ContainerStatusRequest request) throws IOException {
    Container container = containers.get(request.getContainerId());
    ContainerStatusResponse.Builder response =
        ContainerStatusResponse.newBuilder()
            .setStatus(views.status(container.record(), container.status()));
    if (request.getVerbose()) {
      response.putInfo("info", infoUnlessRemoved(container));
    }
    return response.build();
  }

  private String infoUnlessRemoved(Container container) throws IOException {
    try {
      return info(container);
    } catch (NoSuchFileException e) {
      if (container.isBeingRemoved()) {
        throw CriException.notFound("there is no container " + container.id());
      }
      throw e;
    }
  }

  private String info(Container container) throws IOException {
    ContainerRecord record = container.record();
    Spec spec = ResourceRecords.inForce(Spec.fromJson(files.readSpec(record.id())), record);
    ObjectNode info = JSON.createObjectNode();
    info.put("sandboxID", record.sandboxId());
    info.put("pid", container.status().pid());
    info.put("cgroup", record.cgroup());
    info.set("record", JSON.valueToTree(record));
    info.set("runtimeSpec", JSON.readTree(spec.toJson()));
    Overlay overlay =
        new Overlay(
            record.lowerDirectories().stream().map(Path::of).toList(),
            files.paths().containerUpper(record.id()),
            files.paths().containerWork(record.id()));
    CompiledLaunch launch =
        pathWork.call( // the compiler looks at the sources of volumes
            record.sandboxId(),
            "ContainerStatus " + record.id(),
            () -> compiler.container(spec, overlay, record.stdin()));
    String program = launch.describe();
    info.set("launchProgram", JSON.valueToTree(program.lines().toList()));
    return JSON.writeValueAsString(info);
  }
}

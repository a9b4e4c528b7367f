package io.jukung.runtime.life;

import io.jukung.client.v1.ExecAsRequest;
import io.jukung.client.v1.ExecAsResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.linux.fs.Fd;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.spec.ExecOptions;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import java.io.IOException;

/** ExecAs: returns a URL at which a client can run a command, also as another user. */
public final class ExecAs {
  private final ContainerExec execs;
  private final ContainerSpecs specs;
  private final PathWork pathWork;
  private final StreamUrls urls;

  public ExecAs(ContainerExec execs, ContainerSpecs specs, PathWork pathWork, StreamUrls urls) {
    this.execs = execs;
    this.specs = specs;
    this.pathWork = pathWork;
    this.urls = urls;
  }

  public ExecAsResponse call(ExecAsRequest request) throws IOException {
    if (request.getCommandCount() == 0) {
      throw CriException.invalidArgument("ExecAs: command is empty");
    }
    StreamUrls.checkStreams(
        "ExecAs", request.getTty(), request.getStdin(), request.getStdout(), request.getStderr());
    Container container = execs.running("ExecAs", request.getContainerId());
    ExecRequest command =
        ExecRequest.newBuilder()
            .setContainerId(container.id())
            .addAllCmd(request.getCommandList())
            .setTty(request.getTty())
            .setStdin(request.getStdin())
            .setStdout(request.getStdout())
            .setStderr(request.getStderr())
            .build();
    String url = urls.exec(command, options(container, request));
    return ExecAsResponse.newBuilder().setUrl(url).build();
  }

  private ExecOptions options(Container container, ExecAsRequest request) throws IOException {
    Spec.Process process = specs.of(container.id()).process();
    // Processes of the container may have mounted anything on its /etc.
    return pathWork.call(
        container.record().sandboxId(),
        "accounts of container " + container.id(),
        () -> {
          try (Fd root = ContainerExec.rootOf(container)) {
            return ExecOptions.of(request, process, root);
          }
        });
  }
}

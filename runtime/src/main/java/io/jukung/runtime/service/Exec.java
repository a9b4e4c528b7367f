package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.ExecResponse;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.container.ContainerExec;
import java.io.IOException;

/** Exec: returns a URL at which a client can run a command in a container. */
public final class Exec {
  private final ContainerExec execs;
  private final StreamUrls urls;

  public Exec(ContainerExec execs, StreamUrls urls) {
    this.execs = execs;
    this.urls = urls;
  }

  public ExecResponse call(ExecRequest request) throws IOException {
    if (request.getCmdCount() == 0) {
      throw CriException.invalidArgument("Exec: cmd is empty");
    }
    StreamUrls.checkStreams(
        "Exec", request.getTty(), request.getStdin(), request.getStdout(), request.getStderr());
    String id = execs.running("Exec", request.getContainerId()).id();
    return ExecResponse.newBuilder()
        .setUrl(urls.exec(request.toBuilder().setContainerId(id).build()))
        .build();
  }
}

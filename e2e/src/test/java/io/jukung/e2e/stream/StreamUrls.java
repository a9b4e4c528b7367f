package io.jukung.e2e.stream;

import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.PortForwardRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.stream.Command.Streams;
import java.net.URI;
import java.util.List;

/** Asks a runtime for the URLs of streams. Each URL is valid for one connection. */
public final class StreamUrls {
  private StreamUrls() {}

  public static URI exec(CriClient client, String container, Streams streams, String... words) {
    return URI.create(
        client
            .runtime()
            .exec(
                ExecRequest.newBuilder()
                    .setContainerId(container)
                    .addAllCmd(List.of(words))
                    .setStdin(streams.stdin())
                    .setStdout(streams.stdout())
                    .setStderr(streams.stderr())
                    .setTty(streams.tty())
                    .build())
            .getUrl());
  }

  public static URI attach(CriClient client, String container, Streams streams) {
    return URI.create(
        client
            .runtime()
            .attach(
                AttachRequest.newBuilder()
                    .setContainerId(container)
                    .setStdin(streams.stdin())
                    .setStdout(streams.stdout())
                    .setStderr(streams.stderr())
                    .setTty(streams.tty())
                    .build())
            .getUrl());
  }

  public static URI portForward(CriClient client, String sandbox, Integer... ports) {
    return URI.create(
        client
            .runtime()
            .portForward(
                PortForwardRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .addAllPort(List.of(ports))
                    .build())
            .getUrl());
  }
}

package io.jukung.runtime.streaming.server;

import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import io.jukung.runtime.streaming.session.PodSockets;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.jukung.runtime.streaming.session.StreamSessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server of exec, attach and port-forward. It listens from the first URL on: a node on which
 * nobody ever asks for one pays nothing.
 */
public final class StreamingServer implements StreamUrls, AutoCloseable {
  private final Config.Streaming settings;
  private final ContainerExec execs;
  private final ContainerStore containers;
  private final SandboxStore sandboxes;
  private final PodShims shims;
  private final StatePaths paths;
  private final @Nullable ServerCertificate certificate;
  private @Nullable StreamingListener listener;
  private @Nullable DescriptorLoop loop;
  private boolean closed;

  /**
   * Does not listen yet.
   *
   * @throws IOException where its certificate or the key of that cannot be used
   */
  public StreamingServer(
      Config.Streaming settings,
      ContainerExec execs,
      ContainerStore containers,
      SandboxStore sandboxes,
      PodShims shims,
      StatePaths paths)
      throws IOException {
    this.settings = settings;
    this.execs = execs;
    this.containers = containers;
    this.sandboxes = sandboxes;
    this.shims = shims;
    this.paths = paths;
    this.certificate =
        settings.tlsCertificate().isEmpty()
            ? null
            : ServerCertificate.read(
                Path.of(settings.tlsCertificate()), Path.of(settings.tlsKey()));
  }

  /** The SHA-256 of its certificate, in hex, by which clients know it. */
  public Optional<String> certificateSha256() {
    return Optional.ofNullable(certificate).map(ServerCertificate::sha256);
  }

  @Override
  public String exec(ExecRequest request) throws IOException {
    var streams =
        new StreamRequest.Streams(
            request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
    return listening()
        .url(new StreamRequest.Exec(request.getContainerId(), request.getCmdList(), streams));
  }

  @Override
  public String attach(AttachRequest request) throws IOException {
    var streams =
        new StreamRequest.Streams(
            request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
    return listening().url(new StreamRequest.Attach(request.getContainerId(), streams));
  }

  @Override
  public String portForward(String sandboxId, List<Integer> ports) throws IOException {
    return listening().url(new StreamRequest.PortForward(sandboxId, ports));
  }

  private synchronized StreamingListener listening() throws IOException {
    if (closed) {
      throw new IOException("the streaming server is stopping");
    }
    if (listener == null) {
      if (loop == null) {
        loop = DescriptorLoop.start("streams");
      }
      listener =
          StreamingListener.start(
              settings,
              new StreamSessions.Node(
                  execs, containers, shims, new PodSockets(sandboxes, paths), loop),
              certificate);
    }
    return listener;
  }

  /** Ends every connection. */
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (listener != null) {
      listener.close();
    }
    if (loop != null) {
      loop.close();
    }
  }
}

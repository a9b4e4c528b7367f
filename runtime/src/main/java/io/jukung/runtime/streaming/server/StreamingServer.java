package io.jukung.runtime.streaming.server;

import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.ExecOptions;
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
 * The server of exec, attach and port-forward. It begins to listen when the first URL is asked for,
 * so that a node where nobody asks pays nothing. Thread-safe.
 */
public final class StreamingServer implements StreamUrls, AutoCloseable {
  private final Config.Streaming settings;
  private final ContainerExec execs;
  private final ContainerStore containers;
  private final SandboxStore sandboxes;
  private final PodShims shims;
  private final PathWork pathWork;
  private final StatePaths paths;
  private final @Nullable ServerCertificate certificate;
  private @Nullable StreamingListener listener;
  private @Nullable DescriptorLoop loop;
  private boolean closed;

  /**
   * Makes a server that does not listen yet.
   *
   * @throws IOException where the certificate, or its key, cannot be used
   */
  public StreamingServer(
      Config.Streaming settings,
      ContainerExec execs,
      ContainerStore containers,
      SandboxStore sandboxes,
      PodShims shims,
      PathWork pathWork,
      StatePaths paths)
      throws IOException {
    this.settings = settings;
    this.execs = execs;
    this.containers = containers;
    this.sandboxes = sandboxes;
    this.shims = shims;
    this.pathWork = pathWork;
    this.paths = paths;
    this.certificate =
        settings.tlsCertificate().isEmpty()
            ? null
            : ServerCertificate.read(
                Path.of(settings.tlsCertificate()), Path.of(settings.tlsKey()));
  }

  /** The SHA-256 of the server's certificate, in hex; empty where the server has none. */
  public Optional<String> certificateSha256() {
    return Optional.ofNullable(certificate).map(ServerCertificate::sha256);
  }

  @Override
  public String exec(ExecRequest request, ExecOptions options) throws IOException {
    var streams =
        new StreamRequest.Streams(
            request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
    return listening()
        .url(
            new StreamRequest.Exec(
                request.getContainerId(), request.getCmdList(), options, streams));
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
                  execs, containers, shims, new PodSockets(sandboxes, paths), pathWork, loop),
              certificate);
    }
    return listener;
  }

  /** Closes every connection. */
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

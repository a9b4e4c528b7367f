package io.jukung.runtime.streaming.session;

import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.ContainerStore;

/** What is behind a connection once it is upgraded. */
public interface StreamSessions {
  /** Starts a command, or joins a container; answers at once. */
  CommandSession start(CommandClient client, StreamRequest.Command request);

  PodSockets sockets();

  /** The real ones. */
  record Node(
      ContainerExec execs,
      ContainerStore containers,
      PodShims shims,
      PodSockets sockets,
      DescriptorLoop loop)
      implements StreamSessions {
    @Override
    public CommandSession start(CommandClient client, StreamRequest.Command request) {
      return switch (request) {
        case StreamRequest.Exec exec -> ExecSession.start(client, exec, execs, loop);
        case StreamRequest.Attach attach ->
            AttachSession.start(client, attach, containers, shims, loop);
      };
    }
  }
}

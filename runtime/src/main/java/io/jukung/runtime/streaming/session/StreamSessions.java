package io.jukung.runtime.streaming.session;

import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.ContainerStore;

/** Makes the sessions and sockets that a streaming connection leads to. */
public interface StreamSessions {
  /** Starts a command, or attaches to a container, in the background; returns at once. */
  CommandSession start(CommandClient client, StreamRequest.Command request);

  PodSockets sockets();

  /** The sessions and sockets of the pods of this node. */
  record Node(
      ContainerExec execs,
      ContainerStore containers,
      PodShims shims,
      PodSockets sockets,
      PathWork pathWork,
      DescriptorLoop loop)
      implements StreamSessions {
    @Override
    public CommandSession start(CommandClient client, StreamRequest.Command request) {
      return switch (request) {
        case StreamRequest.Exec exec -> ExecSession.start(client, exec, execs, pathWork, loop);
        case StreamRequest.Attach attach ->
            AttachSession.start(client, attach, containers, shims, loop);
      };
    }
  }
}

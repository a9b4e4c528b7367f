package io.jukung.runtime.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.shim.v1.Adopt;
import io.jukung.shim.v1.AttachContainer;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.Recycle;
import io.jukung.shim.v1.RemoveContainer;
import io.jukung.shim.v1.ReopenLog;
import io.jukung.shim.v1.ResizeTerminal;
import io.jukung.shim.v1.Shutdown;
import io.jukung.shim.v1.SignalContainer;
import io.jukung.shim.v1.ToShim;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The requests to shims that consist of a few fields, as messages of shim.proto. */
final class ShimRequests {
  private ShimRequests() {}

  static ToShim.Builder adopt(String sandboxId, Path socket) {
    return ToShim.newBuilder()
        .setAdopt(
            Adopt.newBuilder()
                .setSandboxId(sandboxId)
                .setSocketPath(socket.toString())
                .setRings(true));
  }

  static ToShim.Builder recycle(Path socket) {
    return ToShim.newBuilder()
        .setRecycle(
            Recycle.newBuilder()
                .setSocketPath(socket.toString())
                .setLogPath(ShimStarter.logOf(socket).toString()));
  }

  static ToShim.Builder list() {
    return ToShim.newBuilder().setListProcesses(ListProcesses.newBuilder().setRings(true));
  }

  /** A request for the streams that are not null, whose descriptors go beside it in this order. */
  static ToShim.Builder attach(
      String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr) {
    return ToShim.newBuilder()
        .setAttachContainer(
            AttachContainer.newBuilder()
                .setContainerId(containerId)
                .setStdin(stdin != null)
                .setStdout(stdout != null)
                .setStderr(stderr != null));
  }

  static ToShim.Builder resize(String containerId, int columns, int rows) {
    return ToShim.newBuilder()
        .setResizeTerminal(
            ResizeTerminal.newBuilder()
                .setContainerId(containerId)
                .setColumns(columns)
                .setRows(rows));
  }

  static ToShim.Builder signal(String containerId, int signal) {
    return ToShim.newBuilder()
        .setSignalContainer(
            SignalContainer.newBuilder().setContainerId(containerId).setSignal(signal));
  }

  static ToShim.Builder reopenLog(String containerId) {
    return ToShim.newBuilder().setReopenLog(ReopenLog.newBuilder().setContainerId(containerId));
  }

  static ToShim.Builder remove(String containerId) {
    return ToShim.newBuilder()
        .setRemoveContainer(RemoveContainer.newBuilder().setContainerId(containerId));
  }

  static ToShim.Builder shutdown() {
    return ToShim.newBuilder().setShutdown(Shutdown.getDefaultInstance());
  }
}

package io.jukung.runtime.server;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.VersionRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the daemon's own socket once, with calls that change nothing, so that the JVM has loaded
 * the classes before the first call of kubelet. That call takes 30 ms then, and 200 ms without.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final long DEADLINE_SECONDS = 10;
  private static final int MAX_ANSWER_BYTES = 16 << 20;

  private WarmUp() {}

  static Thread startInBackground(Path socket) {
    return Thread.ofPlatform().daemon().name("warm-up").start(() -> run(socket));
  }

  private static void run(Path socket) {
    try (CriChannel channel = CriChannel.open(socket, MAX_ANSWER_BYTES)) {
      var runtime =
          RuntimeServiceGrpc.newBlockingStub(channel.grpc())
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
      var images =
          ImageServiceGrpc.newBlockingStub(channel.grpc())
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
      for (Runnable call :
          List.<Runnable>of(
              () -> runtime.version(VersionRequest.getDefaultInstance()),
              () -> runtime.status(StatusRequest.getDefaultInstance()),
              () -> runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()),
              () -> runtime.listContainers(ListContainersRequest.getDefaultInstance()),
              () -> images.listImages(ListImagesRequest.getDefaultInstance()))) {
        call.run();
      }
    } catch (StatusRuntimeException e) {
      // Nothing depends on these calls; the first caller only waits longer.
      LOG.debug("warm-up ended early: {}", e.getStatus());
    }
  }
}

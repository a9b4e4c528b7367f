package io.jukung.cri.client;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ContainersGrpc.ContainersStub;
import io.jukung.client.v1.CopyInRequest;
import io.jukung.client.v1.CopyInResponse;
import io.jukung.client.v1.CopyTarget;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends an archive to a container, where the daemon unpacks it. Closing it without {@link #finish}
 * cancels the copy. Used by one thread.
 */
public final class CopyUpload extends ArchiveUpload<CopyInRequest, CopyInResponse> {
  public CopyUpload(ContainersStub daemon, CopyTarget target) {
    super(
        "copy",
        daemon::copyIn,
        CopyInRequest.newBuilder().setTarget(target).build(),
        answer -> {}); // the end of the call says that the files were written
  }

  @Override
  protected CopyInRequest part(ByteString data) {
    return CopyInRequest.newBuilder().setData(data).build();
  }

  @Override
  protected void endedEarly(@Nullable Throwable cause) throws IOException {
    throwIfFailed(cause);
  }

  private static void throwIfFailed(@Nullable Throwable cause) throws IOException {
    if (cause instanceof StatusRuntimeException refused) {
      throw refused;
    }
    if (cause != null) {
      throw new IOException("the daemon did not take the files: " + cause.getMessage(), cause);
    }
  }

  /**
   * Sends the rest and waits until the daemon has written the files.
   *
   * @throws StatusRuntimeException if the daemon could not write them
   */
  public void finish() throws IOException, InterruptedException {
    complete();
    throwIfFailed(await());
  }
}

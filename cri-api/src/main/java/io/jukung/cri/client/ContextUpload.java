package io.jukung.cri.client;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildRequest;
import io.jukung.client.v1.BuildsGrpc.BuildsStub;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One build: sends the options and the context, and passes on the progress, no faster than it is
 * shown.
 */
public final class ContextUpload extends ArchiveUpload<BuildRequest, BuildProgress> {
  /**
   * Begins the build.
   *
   * @param progress is called by one thread at a time
   */
  public ContextUpload(BuildsStub daemon, BuildOptions options, Consumer<BuildProgress> progress) {
    super("build", daemon::build, BuildRequest.newBuilder().setOptions(options).build(), progress);
  }

  @Override
  protected BuildRequest part(ByteString data) {
    return BuildRequest.newBuilder().setContext(data).build();
  }

  /** A build that has ended takes nothing more, which is no error of the context. */
  @Override
  protected void endedEarly(@Nullable Throwable cause) throws BuildEndedException {
    throw new BuildEndedException();
  }

  /** The daemon has ended the build before it has read the whole context. */
  public static final class BuildEndedException extends IOException {
    private static final long serialVersionUID = 1L;

    private BuildEndedException() {
      super("the build has ended");
    }
  }
}

package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.ProcessList;
import io.jukung.shim.v1.Reply;
import java.io.IOException;

/** Reads the answers of shims, and throws what they refuse. */
final class ShimReplies {
  private ShimReplies() {}

  /**
   * Reads an answer that says only whether the request was carried out.
   *
   * @throws CriException NOT_FOUND or FAILED_PRECONDITION, if the shim says so
   * @throws IOException if the shim has failed
   */
  static void done(Reply reply) throws IOException {
    if (reply.hasFailure()) {
      throw refused(reply.getFailure());
    }
  }

  /** Reads the answer to a request for the shim's processes, see {@link #done}. */
  static ProcessList processes(Reply reply) throws IOException {
    done(reply);
    return reply.getProcesses();
  }

  /**
   * Reads the answer to a launch, see {@link #done}.
   *
   * @throws PodShim.LaunchRefused if a step of the launch has failed
   */
  static PodShim.Started started(Reply reply) throws IOException {
    if (reply.hasFailure() && reply.getFailure().getKind() == Failure.Kind.INTERNAL) {
      throw new PodShim.LaunchRefused(reply.getFailure());
    }
    done(reply);
    return new PodShim.Started(reply.getStarted().getPid(), reply.getStarted().getStartedAt());
  }

  private static IOException refused(Failure failure) {
    return switch (failure.getKind()) {
      case NOT_FOUND -> throw CriException.notFound(failure.getMessage());
      case FAILED_PRECONDITION -> throw CriException.failedPrecondition(failure.getMessage());
      case INTERNAL, UNRECOGNIZED -> new IOException(failure.getMessage());
    };
  }
}

package io.jukung.cli.build;

import io.jukung.client.v1.BuildProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon sends during a build: the progress goes to the view, and the archive to its
 * target. Called by one thread at a time.
 */
final class ReceivedResult {
  private final ProgressView view;
  private final @Nullable OutputTarget target;
  private volatile @Nullable IOException failure;

  /**
   * @param target null if the daemon keeps the image
   */
  ReceivedResult(ProgressView view, @Nullable OutputTarget target) {
    this.view = view;
    this.target = target;
  }

  ProgressView view() {
    return view;
  }

  /**
   * Takes a message.
   *
   * @throws UncheckedIOException if the archive cannot be written, which ends the call
   */
  void take(BuildProgress message) {
    if (message.getEventCase() != BuildProgress.EventCase.ARCHIVE || target == null) {
      view.show(message);
      return;
    }
    try {
      target.write(message.getArchive());
    } catch (IOException e) {
      failure = e;
      throw new UncheckedIOException(e);
    }
  }

  /** Tells why the archive could not be written. */
  void check() throws IOException {
    IOException found = failure;
    if (found != null) {
      throw found;
    }
  }
}

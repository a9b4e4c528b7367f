package io.jukung.engine.build;

import io.jukung.engine.http.HttpError;
import java.util.HashMap;
import java.util.Map;

/** The builds that clients have named, so that they can be cancelled. Thread-safe. */
final class RunningBuilds {
  private final Map<String, Thread> builds = new HashMap<>();

  /**
   * Notes the build of this thread.
   *
   * @param id the client's; empty: the build has no name
   * @throws HttpError 409 if another build that is under way has the name
   */
  synchronized void begin(String id) {
    if (!id.isEmpty() && builds.putIfAbsent(id, Thread.currentThread()) != null) {
      throw HttpError.conflict("a build with the ID " + id + " is under way");
    }
  }

  /**
   * Forgets the build of this thread. A cancel that has come too late for the build is forgotten,
   * too: the thread goes on with the next request.
   */
  synchronized void end(String id) {
    if (!id.isEmpty() && builds.remove(id, Thread.currentThread())) {
      var _ = Thread.interrupted();
    }
  }

  /**
   * Ends a build, as if its client had left.
   *
   * @throws HttpError 404 if there is none
   */
  synchronized void cancel(String id) {
    Thread build = builds.get(id);
    if (build == null) {
      throw HttpError.notFound("no build with the ID " + id + " is under way");
    }
    build.interrupt();
  }
}

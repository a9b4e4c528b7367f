package io.jukung.engine.build;

import io.jukung.engine.http.HttpError;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The builds that clients have named, so that they can be cancelled. Thread-safe. */
final class RunningBuilds {
  private final Map<String, Thread> builds = new ConcurrentHashMap<>();

  /**
   * Notes the build of this thread.
   *
   * @param id the client's; empty: the build has no name
   * @throws HttpError 409 if another build that is under way has the name
   */
  void begin(String id) {
    if (!id.isEmpty() && builds.putIfAbsent(id, Thread.currentThread()) != null) {
      throw HttpError.conflict("a build with the ID " + id + " is under way");
    }
  }

  /** Forgets the build of this thread. */
  void end(String id) {
    if (!id.isEmpty()) {
      builds.remove(id, Thread.currentThread());
    }
  }

  /**
   * Ends a build, as if its client had left.
   *
   * @throws HttpError 404 if there is none
   */
  void cancel(String id) {
    Thread build = builds.get(id);
    if (build == null) {
      throw HttpError.notFound("no build with the ID " + id + " is under way");
    }
    build.interrupt();
  }
}

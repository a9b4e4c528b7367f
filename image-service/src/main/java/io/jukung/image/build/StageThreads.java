package io.jukung.image.build;

import com.google.common.base.Throwables;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Builds the stages of a Dockerfile, each on a thread of its own that waits for the stages that it
 * needs. When one fails, the others are interrupted, and all have ended when the error is thrown.
 */
final class StageThreads {
  private final BuildTools tools;
  private final Map<Integer, CompletableFuture<StageResult>> results = new HashMap<>();

  StageThreads(BuildTools tools) {
    this.tools = tools;
  }

  /**
   * Builds stages.
   *
   * @param order the numbers of the stages, each after those that it needs
   * @param target the stage whose result is wanted
   */
  StageResult build(List<Integer> order, int target) throws IOException, InterruptedException {
    order.forEach(index -> results.put(index, new CompletableFuture<>()));
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("build-", 0).factory())) {
      var ends = new ExecutorCompletionService<StageResult>(threads);
      for (int index : order) {
        var _ = ends.submit(() -> build(index));
      }
      try {
        for (int i = 0; i < order.size(); i++) {
          Future<StageResult> end = ends.take();
          var _ = end.get();
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw rethrow(Objects.requireNonNullElse(e.getCause(), e));
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    }
    return result(target);
  }

  /** Builds a stage, and has those that wait for it go on or fail as it does. */
  private StageResult build(int index) throws IOException, InterruptedException {
    try {
      StageResult result = buildAfterOthers(index);
      future(index).complete(result);
      return result;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      future(index).completeExceptionally(e);
      throw e;
    }
  }

  private StageResult buildAfterOthers(int index) throws IOException, InterruptedException {
    for (int needed : tools.graph().needs(index)) {
      try {
        var _ = future(needed).get();
      } catch (ExecutionException e) {
        throw rethrow(Objects.requireNonNullElse(e.getCause(), e));
      }
    }
    return new StageBuild(tools, index, other -> needed(index, other)).build();
  }

  /** The result of a stage that another one has waited for. */
  private StageResult needed(int index, int other) {
    if (!tools.graph().needs(index).contains(other)) {
      throw BuildErrors.unimplemented("a stage that a variable or a trigger names");
    }
    return result(other);
  }

  /** The result of a stage that is built. */
  private StageResult result(int index) {
    return future(index).join();
  }

  private CompletableFuture<StageResult> future(int index) {
    return Objects.requireNonNull(results.get(index), "a stage that is not needed");
  }

  private static RuntimeException rethrow(Throwable failure)
      throws IOException, InterruptedException {
    Throwables.throwIfInstanceOf(failure, IOException.class);
    Throwables.throwIfInstanceOf(failure, InterruptedException.class);
    Throwables.throwIfUnchecked(failure);
    return new IllegalStateException(failure);
  }
}

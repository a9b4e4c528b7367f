package io.jukung.e2e.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The programs of a Kubernetes, in the directory that the environment variable {@code
 * KUBEBUILDER_ASSETS} names, as for the tests of Kubernetes controllers. As a condition of tests it
 * skips each test where the variable is not set. Where it is set, a program that is missing is an
 * error.
 */
final class KubernetesPrograms implements ExecutionCondition {
  private static final String VARIABLE = "KUBEBUILDER_ASSETS";
  private static final List<String> NEEDED =
      List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet");

  /** Tests are skipped one by one, so that the summary counts each. */
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return context.getTestMethod().isEmpty() || areNamed()
        ? ConditionEvaluationResult.enabled("")
        : ConditionEvaluationResult.disabled(
            VARIABLE + " is not set: no Kubernetes is here to test with");
  }

  /** Whether a directory with the programs is named. Tests are skipped where it is not. */
  static boolean areNamed() {
    return directory() != null;
  }

  private static @Nullable Path directory() {
    String directory = System.getenv(VARIABLE);
    return directory == null || directory.isEmpty() ? null : Path.of(directory);
  }

  /** Returns the path of a program that every cluster needs. */
  static Path path(String program) {
    for (String needed : NEEDED) {
      if (find(needed).isEmpty()) {
        throw new IllegalStateException(
            needed + " is not in " + directory() + ", which " + VARIABLE + " names");
      }
    }
    return find(program).orElseThrow();
  }

  /** Finds a program that not every cluster needs. */
  static Optional<Path> find(String program) {
    Path directory = directory();
    if (directory == null) {
      throw new IllegalStateException(VARIABLE + " is not set");
    }
    return Optional.of(directory.resolve(program)).filter(Files::isExecutable);
  }
}

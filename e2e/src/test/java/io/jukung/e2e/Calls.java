package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Calls and checks that several tests need. */
final class Calls {
  private Calls() {}

  /**
   * The status of a call that must fail. Its description must be one line, without the name of a
   * Java exception.
   */
  static Status failure(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
    Status status = ((StatusRuntimeException) thrown).getStatus();
    assertThat(status.getDescription())
        .as("the description of %s", status.getCode())
        .isNotBlank()
        .doesNotContain("\n")
        .doesNotContain("Exception");
    return status;
  }

  /** Checks that a call fails with this code, and with these words in its description. */
  static void assertRefused(ThrowingCallable call, Status.Code code, String words) {
    Status status = failure(call);
    assertThat(status.getCode()).isEqualTo(code);
    assertThat(status.getDescription()).contains(words);
  }

  /** The condition NetworkReady of the runtime's status. */
  static RuntimeCondition networkReady(CriClient client) {
    return client
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getStatus()
        .getConditionsList()
        .stream()
        .filter(condition -> condition.getType().equals("NetworkReady"))
        .findFirst()
        .orElseThrow();
  }

  /** Runs a container to its end and returns the lines of its log. */
  static List<String> output(Testbed testbed, Pod pod, ContainerConfig.Builder config)
      throws Exception {
    testbed.awaitExited(testbed.runContainer(pod, config.build()));
    return logged(pod, config.getMetadata().getName());
  }

  /** The lines of a container's log, without their time stamps, stream names and tags. */
  static List<String> logged(Pod pod, String container) throws IOException {
    return Files.readAllLines(pod.log(container)).stream()
        .map(line -> line.split(" ", 4)[3])
        .toList();
  }
}

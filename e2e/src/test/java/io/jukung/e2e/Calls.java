package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Words the tests share. */
final class Calls {
  private Calls() {}

  /** The status of a call that must fail; its description is one line for a human. */
  static Status failure(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
    Status status = ((StatusRuntimeException) thrown).getStatus();
    assertThat(status.getDescription())
        .as("the sentence of %s", status.getCode())
        .isNotBlank()
        .doesNotContain("\n")
        .doesNotContain("Exception");
    return status;
  }

  /** The content of a container's log, without time and stream. */
  static List<String> logged(Pod pod, String container) throws IOException {
    return Files.readAllLines(pod.log(container)).stream()
        .map(line -> line.split(" ", 4)[3])
        .toList();
  }
}

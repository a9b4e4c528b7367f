package io.jukung.runtime.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Context;
import io.grpc.Status;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorStatusTest {
  @ParameterizedTest
  @EnumSource
  void everyErrorKindBecomesTheStatusWithItsName(ErrorKind kind) {
    Status status = ErrorStatus.of(new CriException(kind, "why"), Context.ROOT);

    assertThat(status.getCode().name()).isEqualTo(kind.name());
    assertThat(status.getDescription()).isEqualTo("why");
  }

  @Test
  void kernelErrorIsInternalAndKeepsItsText() {
    var failure = new ErrnoException("fsmount", "fd=3", Errno.EBUSY);

    Status status = ErrorStatus.of(failure, Context.ROOT);

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription()).isEqualTo(failure.getMessage());
  }

  @Test
  void fullDiskIsResourceExhausted() {
    var failure = new ErrnoException("write", "fd=3", Errno.ENOSPC);

    assertThat(ErrorStatus.of(failure, Context.ROOT).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void fullDiskIsResourceExhaustedAlsoAsTheJdkAndACauseSayIt() {
    assertThat(code(new FileSystemException("/x", null, "No space left on device")))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(code(new IOException("No space left on device")))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(code(new IOException("record", new ErrnoException("write", "fd=3", Errno.EDQUOT))))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(code(new IOException("record", new IOException("torn"))))
        .isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void internalFailureThatAFullDiskHasCausedIsResourceExhausted() {
    var full = new ErrnoException("write", "fd=3", Errno.ENOSPC);

    assertThat(code(new CriException(ErrorKind.INTERNAL, "start of container c", full)))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(code(new CriException(ErrorKind.UNAVAILABLE, "the shim is gone", full)))
        .as("a failure that says more than INTERNAL")
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void nulInAPathOfARequestIsAnInvalidArgument() {
    assertThatExceptionOfType(InvalidPathException.class)
        .isThrownBy(() -> Path.of("/a\0b"))
        .satisfies(e -> assertThat(code(e)).isEqualTo(Status.Code.INVALID_ARGUMENT));
  }

  private static Status.Code code(Exception failure) {
    return ErrorStatus.of(failure, Context.ROOT).getCode();
  }

  @Test
  void fileErrorOfTheJdkIsReportedWithItsType() {
    Status status = ErrorStatus.of(new NoSuchFileException("/x"), Context.ROOT);

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription()).isEqualTo("NoSuchFileException: /x");
    assertThat(ErrorStatus.of(new Torn("torn by a plugin"), Context.ROOT).getDescription())
        .as("a kind of ours, whose message is a sentence")
        .isEqualTo("torn by a plugin");
    assertThat(ErrorStatus.of(new IOException("torn"), Context.ROOT).getDescription())
        .isEqualTo("torn");
  }

  @Test
  void unexpectedExceptionDoesNotShowItsMessage() {
    Status status = ErrorStatus.of(new IllegalStateException("password=x"), Context.ROOT);

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription())
        .isEqualTo("error inside jukung, see its log: java.lang.IllegalStateException");
  }

  @Test
  void cancelledCallIsReportedAsCancelled() {
    var cancelled = Context.ROOT.withCancellation();
    cancelled.cancel(null);
    var late = Context.ROOT.withCancellation();
    late.cancel(new TimeoutException());

    assertThat(ErrorStatus.of(new IOException("torn"), cancelled).getCode())
        .isEqualTo(Status.Code.CANCELLED);
    assertThat(ErrorStatus.of(new IOException("torn"), late).getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void longMessageIsCut() {
    assertThat(description("x".repeat(100_000)))
        .hasSize(ErrorStatus.MAX_ENCODED_BYTES + 1)
        .endsWith("…");
    assertThat(description("\n".repeat(100_000))).hasSize(ErrorStatus.MAX_ENCODED_BYTES / 3 + 1);
    assertThat(description("😀".repeat(100_000)))
        .isEqualTo("😀".repeat(ErrorStatus.MAX_ENCODED_BYTES / 12) + "…");
    assertThat(description("x".repeat(ErrorStatus.MAX_ENCODED_BYTES)))
        .hasSize(ErrorStatus.MAX_ENCODED_BYTES);
  }

  private static final class Torn extends IOException {
    private static final long serialVersionUID = 1L;

    Torn(String message) {
      super(message);
    }
  }

  private static String description(String message) {
    return String.valueOf(
        ErrorStatus.of(CriException.internal(message, null), Context.ROOT).getDescription());
  }
}

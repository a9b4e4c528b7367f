package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.process.CurrentProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessStateTest {
  @TempDir Path directory;

  @BeforeEach
  void refuseDump() throws Exception {
    CurrentProcess.refuseDump();
  }

  @Test
  void processThatHasNothingMorePasses() throws Exception {
    ProcessState before = ProcessState.now();
    assertThatCode(before::requireNothingMore).doesNotThrowAnyException();
  }

  @Test
  void openDescriptorIsNamed() throws Exception {
    ProcessState before = ProcessState.now();
    Path file = directory.resolve("left");
    try (var _ = Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThatThrownBy(before::requireNothingMore)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is left: " + file.toRealPath());
    }
    assertThatCode(before::requireNothingMore).doesNotThrowAnyException();
  }

  @Test
  void threadThatDoesNotEndIsFound() throws Exception {
    ProcessState before = ProcessState.now();
    CountDownLatch end = new CountDownLatch(1);
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    end.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try {
      assertThatThrownBy(before::requireNothingMore).hasMessageContaining("a launch has not ended");
    } finally {
      end.countDown();
      thread.join();
    }
  }

  @Test
  void childIsFound() throws Exception {
    ProcessState before = ProcessState.now();
    Process child = new ProcessBuilder("sleep", "1000").start();
    try {
      assertThatThrownBy(before::requireNothingMore).hasMessage("a process of the pod is left");
    } finally {
      child.destroyForcibly().waitFor();
    }
  }
}

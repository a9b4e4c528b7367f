package io.jukung.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class LoggingTest {
  @Test
  void controlCharactersOfMessagesAndThreadNamesBreakNoLine() throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(written, true, UTF_8));
    try {
      LoggerContext context = new LoggerContext();
      context.setMDCAdapter(new LogbackMDCAdapter());
      new Logging().configure(context);
      Thread thread =
          new Thread(
              () -> context.getLogger("io.jukung.Test").info("pod a\n\u001b[31mb\u202ec runs"),
              "RunPodSandbox x\r\n2026 forged");
      thread.start();
      thread.join();
      context.stop();
    } finally {
      System.setErr(before);
    }
    assertThat(written.toString(UTF_8))
        .endsWith(" INFO  [RunPodSandbox x 2026 forged] Test: pod a [31mb c runs\n")
        .hasLineCount(1);
  }
}

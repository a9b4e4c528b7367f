package io.jukung.runtime.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.Config.LogFormat;
import io.jukung.runtime.config.Config.LogLevel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.spi.SLF4JServiceProvider;

class LoggingTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream before = System.err;
  private final LoggerContext context = new LoggerContext();

  @BeforeEach
  void configure() {
    System.setErr(new PrintStream(written, true, UTF_8));
    context.setMDCAdapter(new LogbackMDCAdapter());
    var _ = new Logging().configure(context);
  }

  @AfterEach
  void restore() {
    Logging.apply(context, Config.DEFAULTS.log());
    context.stop();
    System.setErr(before);
  }

  private String logged() {
    return written.toString(UTF_8);
  }

  @Test
  void controlCharactersOfMessagesBreakNoLine() {
    context.getLogger("io.jukung.Test").info("pod a\n\u001b[31mb\u202ec\r\n2026 forged runs");

    assertThat(logged()).endsWith(" INFO  Test: pod a [31mb c 2026 forged runs\n").hasLineCount(1);
  }

  @Test
  void jsonLinesHaveTheMessageAndTheContext() throws Exception {
    Logging.apply(context, new Config.Log(LogLevel.INFO, LogFormat.JSON));
    context.getMDCAdapter().put("call", "7");

    context.getLogger("io.jukung.Test").info("pod {} runs", "a\n\"b\"");

    JsonNode line = new ObjectMapper().readTree(logged());
    assertThat(line.path("formattedMessage").textValue()).isEqualTo("pod a\n\"b\" runs");
    assertThat(line.path("level").textValue()).isEqualTo("INFO");
    assertThat(line.path("mdc").path("call").textValue()).isEqualTo("7");
    assertThat(logged()).hasLineCount(1);
  }

  @Test
  void timesOfLinesNeverGoBack() throws Exception {
    Logger log = context.getLogger("io.jukung.Test");
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int line = 0; line < 500; line++) {
                      log.info("line {}", line);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    List<String> times = logged().lines().map(line -> line.split(" ", 2)[0]).toList();
    assertThat(times).hasSize(4000).isSorted();
  }

  @Test
  void timesHaveTheSameLengthAtAnyMoment() {
    assertThat(line(Instant.parse("2026-01-02T03:04:05Z"), Level.WARN, null))
        .isEqualTo("2026-01-02T03:04:05.000Z WARN  Shim: ends\n");
    assertThat(line(Instant.parse("2026-11-30T23:59:59.987654321Z"), Level.DEBUG, null))
        .isEqualTo("2026-11-30T23:59:59.987Z DEBUG Shim: ends\n");
  }

  @Test
  void stackTraceWithItsCauseFollowsTheLine() {
    IOException failure = new IOException("no space", new IllegalStateException("the cause"));
    assertThat(line(Instant.EPOCH, Level.ERROR, failure))
        .startsWith("1970-01-01T00:00:00.000Z ERROR Shim: ends\njava.io.IOException: no space\n")
        .contains("\tat io.jukung.runtime.log.LoggingTest.stackTraceWithItsCause")
        .contains("Caused by: java.lang.IllegalStateException: the cause")
        .endsWith("\n");
  }

  @Test
  void providerGivesSlf4jTheConfiguredLogback() {
    SLF4JServiceProvider provider = new LogProvider();
    provider.initialize();
    Logger root = (Logger) provider.getLoggerFactory().getLogger(Logger.ROOT_LOGGER_NAME);
    assertThat(root.getLevel()).isEqualTo(Level.INFO);
    assertThat(root.iteratorForAppenders()).toIterable().hasSize(1);
    assertThat(provider.getMDCAdapter()).isNotNull();
    root.getLoggerContext().stop();
  }

  private String line(Instant time, Level level, @Nullable Throwable failure) {
    LoggingEvent event = new LoggingEvent();
    event.setLoggerContext(context);
    event.setLoggerName("io.jukung.runtime.Shim");
    event.setThreadName("main");
    event.setLevel(level);
    event.setInstant(time);
    event.setMessage("ends");
    if (failure != null) {
      event.setThrowableProxy(new ch.qos.logback.classic.spi.ThrowableProxy(failure));
    }
    return new LogLine().doLayout(event);
  }
}

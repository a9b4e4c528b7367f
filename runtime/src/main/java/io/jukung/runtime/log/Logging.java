package io.jukung.runtime.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.FilterReply;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.Config.LogFormat;
import io.jukung.runtime.config.Config.LogLevel;
import java.time.Instant;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Configures the log: one line for each event on standard error, as text or as JSON. The
 * configuration is code because reading logback's XML takes a tenth of the start. The daemon has
 * this class called by {@link LogProvider}; elsewhere logback finds it as a service.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String APPENDER = "standard error";

  /** Libraries whose debug lines describe each frame: they are shown at the level trace only. */
  private static final String[] CHATTY = {"io.netty", "io.grpc"};

  private static volatile boolean showsContext;

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var appender = new OrderedAppender();
    appender.setName(APPENDER);
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(text(context));
    appender.addFilter(new KeepAliveFilter());
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    setLevel(context, LogLevel.INFO);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    var line = new LogLine();
    line.setContext(context);
    line.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setLayout(line);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> json(LoggerContext context) {
    var encoder = new JsonEncoder();
    encoder.setContext(context);
    encoder.setWithSequenceNumber(false);
    encoder.setWithContext(false);
    encoder.setWithMessage(false);
    encoder.setWithFormattedMessage(true);
    encoder.start();
    return encoder;
  }

  /** Applies the settings, and sends what gRPC logs through java.util.logging to this log. */
  public static void start(Config.Log settings) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    apply(settings);
  }

  /** Applies the settings from now on. */
  public static void apply(Config.Log settings) {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)) {
      throw new IllegalStateException("logback is not on the class path: " + factory.getClass());
    }
    apply(context, settings);
  }

  static void apply(LoggerContext context, Config.Log settings) {
    setLevel(context, settings.level());
    boolean json = settings.format() == LogFormat.JSON;
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    if (json != showsContext && root.getAppender(APPENDER) instanceof OrderedAppender appender) {
      appender.use(json ? json(context) : text(context));
    }
    showsContext = json;
  }

  /** Whether lines show the context (MDC) that the thread has set. */
  public static boolean showsContext() {
    return showsContext;
  }

  private static void setLevel(LoggerContext context, LogLevel level) {
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.valueOf(level.name()));
    for (String name : CHATTY) {
      context.getLogger(name).setLevel(level == LogLevel.DEBUG ? Level.INFO : null);
    }
  }

  /**
   * Writes lines in the order of their times. A line that has waited while another thread wrote
   * gets the time of that thread's line, which is some microseconds later than its own.
   */
  private static final class OrderedAppender extends ConsoleAppender<ILoggingEvent> {
    private Instant last = Instant.MIN;

    @Override
    protected void append(ILoggingEvent event) {
      streamWriteLock.lock();
      try {
        if (event.getInstant().isBefore(last) && event instanceof LoggingEvent late) {
          late.setInstant(last);
        }
        last = event.getInstant();
        super.append(event);
      } finally {
        streamWriteLock.unlock();
      }
    }

    void use(Encoder<ILoggingEvent> other) {
      streamWriteLock.lock();
      try {
        setEncoder(other);
      } finally {
        streamWriteLock.unlock();
      }
    }
  }

  /**
   * Drops a warning that Netty logs for each connection: gRPC sets SO_KEEPALIVE, which unix sockets
   * do not have.
   */
  private static final class KeepAliveFilter extends Filter<ILoggingEvent> {
    @Override
    public FilterReply decide(ILoggingEvent event) {
      return event.getLoggerName().startsWith("io.netty.bootstrap.")
              && event.getFormattedMessage().startsWith("Unknown channel option 'SO_KEEPALIVE'")
          ? FilterReply.DENY
          : FilterReply.NEUTRAL;
    }
  }
}

package io.jukung.runtime.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.FilterReply;
import io.jukung.runtime.config.Config.LogLevel;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Configures the log: one line for each event on standard error. The configuration is code because
 * reading logback's XML takes a tenth of the start. Logback finds this class as a service.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  /**
   * Control and bidirectional characters, as a regular expression. Messages and thread names hold
   * text of others (a pod's name, a registry's answer, a file name), which must neither forge lines
   * of the log nor change the terminal on which the log is read.
   */
  private static final String CONTROLS = "[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]+";

  private static final String PATTERN =
      "%date{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level [%replace(%thread){'CONTROLS', ' '}] "
              .replace("CONTROLS", CONTROLS)
          + "%logger{0}: "
          + "%replace(%msg){'CONTROLS', ' '}%n".replace("CONTROLS", CONTROLS);

  /** Libraries whose debug lines describe each frame: they are shown at the level trace only. */
  private static final String[] CHATTY = {"io.netty", "io.grpc"};

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.addFilter(new KeepAliveFilter());
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    setLevel(context, LogLevel.INFO);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Sets the level, and sends what gRPC logs through java.util.logging to this log. */
  static void start(LogLevel level) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)) {
      throw new IllegalStateException("logback is not on the class path: " + factory.getClass());
    }
    setLevel(context, level);
  }

  private static void setLevel(LoggerContext context, LogLevel level) {
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.valueOf(level.name()));
    for (String name : CHATTY) {
      context.getLogger(name).setLevel(level == LogLevel.DEBUG ? Level.INFO : null);
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

package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.call.NodeProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds plugins and runs them (section 2 of the CNI specification). */
public final class PluginRunner {
  private static final Logger LOG = LoggerFactory.getLogger(PluginRunner.class);

  /**
   * The search path of plugins, which run iptables and other programs. Plugins do not get the
   * daemon's own environment.
   */
  private static final String SEARCH_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private volatile List<Path> directories;
  private volatile Duration timeout;

  public PluginRunner(List<Path> directories, Duration timeout) {
    this.directories = List.copyOf(directories);
    this.timeout = timeout;
  }

  /** Finds plugins in other directories, and gives those that start later another time. */
  public void use(List<Path> otherDirectories, Duration otherTimeout) {
    directories = List.copyOf(otherDirectories);
    timeout = otherTimeout;
  }

  /** The executable of a plugin, in the first directory that has it. */
  public Optional<Path> find(String type) {
    return directories.stream()
        .map(directory -> directory.resolve(type))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /** Returns why a network cannot be used with the installed plugins; empty if it can. */
  public Optional<String> missingPlugin(NetworkConfiguration network) {
    return network.plugins().stream()
        .map(PluginConfiguration::type)
        .filter(type -> find(type).isEmpty())
        .findFirst()
        .map(type -> "network " + network.name() + ": " + notFound(type));
  }

  /**
   * Runs a plugin with a request.
   *
   * @return what the plugin wrote to standard output
   * @throws CniException if the plugin failed; the message has the plugin's own error
   */
  byte[] run(Call call, ObjectNode request, Eventfd cancel) throws IOException {
    Path executable =
        find(call.type()).orElseThrow(() -> new CniException(call + ": " + notFound(call.type())));
    long start = System.nanoTime();
    NodeProgram.Outcome outcome;
    try {
      outcome =
          NodeProgram.run(executable, environment(call), CniJson.bytes(request), timeout, cancel);
    } catch (IOException e) {
      throw new CniException(call + ": " + e.getMessage(), CniException.NO_CODE, e);
    }
    LOG.debug("{} took {} µs", call, (System.nanoTime() - start) / 1000);
    return switch (outcome.end()) {
      case TIMED_OUT ->
          throw new CniException(
              call + ": not done after " + timeout.toMillis() + " ms, killed" + said(outcome));
      case TOO_MUCH_OUTPUT ->
          throw new CniException(
              call + ": wrote more than " + NodeProgram.MAX_STDOUT_BYTES + " bytes, killed");
      case CANCELLED -> throw new CniException(call + ": interrupted, killed");
      case EXITED -> {
        if (outcome.exit().exitCode() != 0) {
          throw failure(call, outcome);
        }
        yield outcome.stdout();
      }
    };
  }

  /**
   * One call of one plugin.
   *
   * @param type the type of the plugin
   * @param network the name of the network, for error messages
   * @param attachment null if the command is not about one
   */
  record Call(CniCommand command, String type, String network, @Nullable Attachment attachment) {
    @Override
    public String toString() {
      return "CNI " + command + " by plugin " + type + " for network " + network;
    }
  }

  private List<String> environment(Call call) {
    List<String> environment = new ArrayList<>();
    environment.add(SEARCH_PATH);
    environment.add("CNI_COMMAND=" + call.command());
    Attachment attachment = call.attachment();
    if (attachment != null) {
      environment.add(Attachment.CONTAINER_ID_VARIABLE + attachment.containerId());
      environment.add("CNI_NETNS=" + attachment.networkNamespace());
      environment.add("CNI_IFNAME=" + attachment.interfaceName());
      environment.add("CNI_ARGS=" + attachment.argumentString());
    }
    environment.add(
        "CNI_PATH=" + directories.stream().map(Path::toString).collect(Collectors.joining(":")));
    return environment;
  }

  /**
   * Makes the exception of a plugin that failed. A plugin reports its error as JSON on standard
   * output; other output is quoted.
   */
  private static CniException failure(Call call, NodeProgram.Outcome outcome) {
    try {
      ObjectNode error = CniJson.parseObject(outcome.stdout());
      String message = error.path("msg").asText("");
      String details = error.path("details").asText("");
      int code = error.path("code").asInt(CniException.NO_CODE);
      if (!message.isEmpty() || !details.isEmpty()) {
        String text =
            message.isEmpty() || details.isEmpty() ? message + details : message + "; " + details;
        String words = quote(new String(outcome.stderr(), StandardCharsets.UTF_8));
        return new CniException(
            call
                + ": "
                + quote(text)
                + (code == CniException.NO_CODE ? "" : " (code " + code + ")")
                + (words.isEmpty() ? "" : "; it also said: " + words),
            code,
            null);
      }
    } catch (IOException e) {
      LOG.debug("{}: error output is {}", call, e.getMessage());
    }
    String how =
        outcome.exit().signal() != 0
            ? "killed by " + Signals.name(outcome.exit().signal())
            : "exit status " + outcome.exit().status();
    return new CniException(call + ": " + how + said(outcome));
  }

  private static String said(NodeProgram.Outcome outcome) {
    byte[] words = outcome.stderr().length > 0 ? outcome.stderr() : outcome.stdout();
    String text = quote(new String(words, StandardCharsets.UTF_8));
    return text.isEmpty() ? "" : ": " + text;
  }

  /** The text as one line of bounded length, without control characters. */
  public static String quote(String text) {
    return NodeProgram.quote(text);
  }

  private String notFound(String type) {
    return "plugin "
        + type
        + " is not in "
        + directories.stream().map(Path::toString).collect(Collectors.joining(" or "));
  }
}

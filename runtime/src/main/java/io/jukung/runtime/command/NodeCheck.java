package io.jukung.runtime.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.doctor.Doctor;
import io.jukung.runtime.doctor.Finding;
import io.jukung.runtime.doctor.LinuxHostView;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.store.StatePaths;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code jukung serve --check}: looks for what is wrong on the node, without a daemon. */
final class NodeCheck {
  /** Whether findings are printed for people or as JSON. */
  enum Format {
    /** A line for each finding, and the advice on the next line. */
    TEXT,
    /** A JSON object on a line for each finding, which {@code jukung doctor} reads. */
    JSON
  }

  private final Config config;
  private final Format format;
  private final ObjectMapper json = new ObjectMapper();

  NodeCheck(Config config, Format format) {
    this.config = config;
    this.format = format;
  }

  /** Prints all findings, and returns the exit code. */
  int run(PrintStream out) {
    PodNetwork network =
        new PodNetwork(config.cni(), new StatePaths(config.root(), config.state()).podCidrs());
    List<Finding> problems = new ArrayList<>();
    Doctor.of(new LinuxHostView(), config, network::readiness)
        .run(
            finding -> {
              out.println(line(finding));
              if (finding.level() == Finding.Level.PROBLEM) {
                problems.add(finding);
              }
            });
    return problems.isEmpty() ? Main.OK : Main.FAILED;
  }

  private String line(Finding finding) {
    String level = finding.level().name().toLowerCase(Locale.ROOT);
    return switch (format) {
      case TEXT -> {
        String line = "%-8s %s: %s".formatted(level, finding.check(), finding.what());
        yield finding.advice().isEmpty() ? line : line + "\n         " + finding.advice();
      }
      case JSON ->
          json.createObjectNode()
              .put("check", finding.check())
              .put("level", level)
              .put("finding", finding.what())
              .put("advice", finding.advice())
              .toString();
    };
  }
}

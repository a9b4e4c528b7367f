package io.jukung.e2e.bench;

import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.e2e.client.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Measures how long runtimes take to pull an image of which they have no layer, and prints a
 * Markdown table with the time, and the processor time and peak memory of the daemon. The runtimes
 * take turns, so that other load on the machine affects all of them. The times of the others are
 * compared with those of the first.
 */
public final class PullBench {
  private static final String USAGE =
      "options: --endpoint NAME=SOCKET,DAEMON-PID (again for each) --image LABEL=REFERENCE (again"
          + " for each) --rounds N";

  /** Longer than the client's usual timeout, for a large image on a busy machine. */
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private static final Path PROC = Path.of("/proc");

  private PullBench() {}

  private record Sample(double seconds, double processorSeconds, double peakMebibytes) {}

  private record Target(String label, String reference) {}

  /** Runs the benchmark with the options of the usage text. */
  public static void main(String[] arguments) throws IOException {
    List<Endpoint> endpoints = new ArrayList<>();
    try {
      run(arguments, endpoints);
    } finally {
      // Also after a failure: the threads of an open client would keep this process alive.
      endpoints.forEach(endpoint -> endpoint.client().close());
    }
  }

  private static void run(String[] arguments, List<Endpoint> endpoints) throws IOException {
    List<Target> images = new ArrayList<>();
    int rounds = 3;
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--endpoint" -> endpoints.add(Endpoint.parse(arguments[i + 1]));
        case "--image" -> {
          String[] pair = arguments[i + 1].split("=", 2);
          images.add(new Target(pair[0], pair[1]));
        }
        case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
        default -> throw new IllegalArgumentException(USAGE);
      }
    }
    if (endpoints.isEmpty() || images.isEmpty()) {
      throw new IllegalArgumentException(USAGE);
    }
    System.out.println(
        "| image | runtime | median s | best s | CPU s | peak MiB | time of jukung |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (Target image : images) {
      measure(endpoints, image, rounds);
    }
  }

  private static void measure(List<Endpoint> endpoints, Target image, int rounds)
      throws IOException {
    List<List<Sample>> samples = new ArrayList<>();
    endpoints.forEach(endpoint -> samples.add(new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < endpoints.size(); i++) {
        samples.get(i).add(pull(endpoints.get(i), image.reference()));
      }
    }
    double first = median(samples.getFirst(), Sample::seconds);
    for (int i = 0; i < endpoints.size(); i++) {
      List<Sample> own = samples.get(i);
      double seconds = median(own, Sample::seconds);
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %.2f | %.2f | %.2f | %.0f | %s |%n",
          image.label(),
          endpoints.get(i).version(),
          seconds,
          own.stream().mapToDouble(Sample::seconds).min().orElseThrow(),
          median(own, Sample::processorSeconds),
          own.stream().mapToDouble(Sample::peakMebibytes).max().orElseThrow(),
          i == 0 ? "" : "%.2f×".formatted(seconds / first));
    }
  }

  private static double median(List<Sample> samples, ToDoubleFunction<Sample> value) {
    double[] sorted = samples.stream().mapToDouble(value).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static Sample pull(Endpoint endpoint, String reference) throws IOException {
    var image = Requests.image(reference);
    var images = endpoint.client().images(TIMEOUT);
    long pid = endpoint.daemonPid();
    // Resets VmHWM, the peak of the resident memory, to its present value (proc(5)).
    Files.writeString(PROC.resolve(pid + "/clear_refs"), "5");
    double processorBefore = processorSeconds(pid);
    long start = System.nanoTime();
    images.pullImage(PullImageRequest.newBuilder().setImage(image).build());
    double seconds = (System.nanoTime() - start) / 1e9;
    Sample sample =
        new Sample(seconds, processorSeconds(pid) - processorBefore, peakMebibytes(pid));
    endpoint
        .client()
        .images(TIMEOUT)
        .removeImage(RemoveImageRequest.newBuilder().setImage(image).build());
    return sample;
  }

  /**
   * The processor time of the daemon and of the children that it has waited for, such as the
   * programs that decompress layers.
   */
  private static double processorSeconds(long pid) throws IOException {
    String stat = Files.readString(PROC.resolve(pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = 0;
    for (int field = 11; field <= 14; field++) { // utime, stime, cutime, cstime
      ticks += Long.parseLong(fields[field]);
    }
    return ticks / 100.0; // USER_HZ is 100 on every Linux that Java runs on
  }

  private static double peakMebibytes(long pid) throws IOException {
    for (String line : Files.readAllLines(PROC.resolve(pid + "/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    throw new IOException("status of process " + pid + " has no line VmHWM");
  }
}

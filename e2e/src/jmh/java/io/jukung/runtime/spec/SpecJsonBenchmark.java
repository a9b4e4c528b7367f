package io.jukung.runtime.spec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The config.json of a container with 40 variables and 20 mounts. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SpecJsonBenchmark {
  private byte[] json = {};
  private Spec spec;

  @Setup
  public void make() throws IOException {
    String variables =
        IntStream.range(0, 40)
            .mapToObj(i -> "\"SERVICE_%d_HOST=10.0.0.%d\"".formatted(i, i))
            .collect(Collectors.joining(","));
    String mounts =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    """
                    {"destination": "/mnt/%d", "type": "bind", "source": "/var/lib/volumes/%d",
                     "options": ["rbind", "rprivate", "ro"]}"""
                        .formatted(i, i))
            .collect(Collectors.joining(","));
    spec =
        Spec.fromJson(
            """
            {"ociVersion": "1.2.0", "hostname": "pod", "root": {"path": "rootfs", "readonly": false},
             "process": {"terminal": false, "user": {"uid": 0, "gid": 0, "additionalGids": []},
               "args": ["sleep", "100000"], "env": [%s], "cwd": "/"},
             "mounts": [%s]}"""
                .formatted(variables, mounts)
                .getBytes(UTF_8));
    json = spec.toJson();
  }

  @Benchmark
  public byte[] write() throws IOException {
    return spec.toJson();
  }

  @Benchmark
  public Spec read() throws IOException {
    return Spec.fromJson(json);
  }
}

package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.within;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read from cgroups, and how it is put together. */
class AccountingTest {
  @TempDir Path cgroup;

  @BeforeEach
  void makeCgroup() throws Exception {
    Files.createDirectories(cgroup.resolve("daemon"));
    Files.writeString(cgroup.resolve("cgroup.procs"), "");
  }

  private void useProcessorMicros(long micros) throws IOException {
    Files.writeString(cgroup.resolve("cpu.stat"), "nr_periods 0\nusage_usec " + micros + "\n");
  }

  @Test
  void processorTimeIsReadFromCgroupsOfVersion2() throws Exception {
    useProcessorMicros(2_500);
    assertThat(ProcessorTime.millis(cgroup)).isEqualTo(2.5);
  }

  @Test
  void processorTimeIsReadFromCgroupsOfVersion1() throws Exception {
    Files.writeString(cgroup.resolve("cpuacct.usage"), "7500000\n");
    assertThat(ProcessorTime.millis(cgroup)).isEqualTo(7.5);
  }

  @Test
  void cgroupWithoutProcessorTimeIsAnError() throws Exception {
    Files.writeString(cgroup.resolve("cpu.stat"), "nr_periods 0\n");
    assertThatIOException()
        .isThrownBy(() -> ProcessorTime.millis(cgroup))
        .withMessageContaining("usage_usec");
  }

  @Test
  void memoryOfContainersIsCountedApart() throws Exception {
    Process workload = new ProcessBuilder(Endpoint.WORKLOAD).start();
    Process shim = new ProcessBuilder("sleep", "100001").start();
    try {
      long self = ProcessHandle.current().pid();
      Files.writeString(cgroup.resolve("cgroup.procs"), self + "\n");
      Files.writeString(
          cgroup.resolve("daemon/cgroup.procs"), workload.pid() + "\n" + shim.pid() + "\n");
      awaitCommandLine(workload);
      awaitCommandLine(shim);
      ProcessMemory.Sizes sizes = ProcessMemory.inCgroup(cgroup, self, Endpoint.WORKLOAD);
      assertThat(sizes.workloads()).isEqualTo(1);
      assertThat(sizes.daemonMebibytes()).isGreaterThan(10);
      assertThat(sizes.otherMebibytes())
          .isCloseTo(ProcessMemory.pssMebibytes(shim.pid()), within(0.2));
      assertThat(sizes.totalMebibytes())
          .isEqualTo(sizes.daemonMebibytes() + sizes.otherMebibytes());
    } finally {
      workload.destroy();
      shim.destroy();
    }
  }

  /** A child has the command line of its parent until it has executed its program. */
  private static void awaitCommandLine(Process process) throws Exception {
    Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    long start = System.nanoTime();
    while (!Files.readString(commandLine).startsWith("sleep\0")) {
      assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
      Thread.onSpinWait();
    }
  }

  @Test
  void processThatHasEndedIsLeftOut() throws Exception {
    Files.writeString(cgroup.resolve("cgroup.procs"), Long.MAX_VALUE + "\n");
    assertThat(ProcessMemory.inCgroup(cgroup, 1, Endpoint.WORKLOAD))
        .isEqualTo(new ProcessMemory.Sizes(0, 0, 0));
  }

  @Test
  void processesOfAnotherPidNamespaceAreAnError() throws Exception {
    Files.writeString(cgroup.resolve("cgroup.procs"), "0\n");
    assertThatIOException()
        .isThrownBy(() -> ProcessMemory.inCgroup(cgroup, 1, Endpoint.WORKLOAD))
        .withMessageContaining("another pid namespace");
  }

  @Test
  void processorTimeOfAPhaseIsDividedByItsUnits() throws Exception {
    useProcessorMicros(1_000);
    Results results = new Results(List.of("one"));
    Contender contender = Contender.parse("one=/no.sock,cgroup=" + cgroup, "image");
    Turns turns = new Turns(List.of(contender), results, 0, 4);
    turns.account(Row.EXEC_PROCESSOR, 4, () -> useProcessorMicros(13_000));
    assertThat(results.value(Row.EXEC_PROCESSOR, "one")).hasValue(3);
  }

  @Test
  void everyRuntimeHasATurnInChangingOrder() throws Exception {
    Results results = new Results(List.of("one", "two"));
    List<Contender> contenders =
        List.of(Contender.parse("one=/no.sock", "image"), Contender.parse("two=/no.sock", "image"));
    Turns turns = new Turns(contenders, results, 0, 1);
    Set<List<String>> orders = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      List<String> order = new ArrayList<>();
      turns.time(Row.EXEC, contender -> order.add(contender.name()));
      orders.add(order);
    }
    assertThat(orders).containsExactlyInAnyOrder(List.of("one", "two"), List.of("two", "one"));
    assertThat(results.samples(Row.EXEC, "one")).isPresent();
    assertThat(results.samples(Row.EXEC, "two")).isPresent();
  }

  @Test
  void runtimeThatRefusesACallHasNoTimeOfIt() throws Exception {
    Results results = new Results(List.of("one", "two"));
    List<Contender> contenders =
        List.of(Contender.parse("one=/no.sock", "image"), Contender.parse("two=/no.sock", "image"));
    new Turns(contenders, results, 1, 2)
        .read(
            Row.POD_STATS,
            2,
            contender -> {
              if (contender.name().equals("two")) {
                throw Status.UNIMPLEMENTED.withDescription("no").asRuntimeException();
              }
            });
    assertThat(results.samples(Row.POD_STATS, "one")).isPresent();
    assertThat(results.samples(Row.POD_STATS, "two")).isEmpty();
    assertThat(results.refusals())
        .singleElement()
        .asString()
        .contains("two refuses", "UNIMPLEMENTED");
  }
}

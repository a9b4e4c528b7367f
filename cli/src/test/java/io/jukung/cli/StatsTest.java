package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.client.v1.Creation;
import io.jukung.cri.v1.ContainerAttributes;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.CpuUsage;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.NetworkUsage;
import io.jukung.cri.v1.PodSandboxAttributes;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PodSandboxStats;
import io.jukung.cri.v1.ProcessUsage;
import io.jukung.cri.v1.UInt64Value;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code jukung stats}, and {@code jukung inspect} of what is being made. */
@Timeout(60)
class StatsTest {
  private static final String POD = "aaaa" + "0".repeat(60);
  private static final String CONTAINER = "bbbb" + "0".repeat(60);
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path directory;
  private FakeCri cri;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
    cri.podStats.add(reading(10 * SECOND, 4 * SECOND, SECOND));
    cri.podStats.add(reading(12 * SECOND, 7 * SECOND, SECOND + SECOND / 4));
  }

  @AfterEach
  void stop() throws Exception {
    cri.close();
  }

  private static UInt64Value number(long value) {
    return UInt64Value.newBuilder().setValue(value).build();
  }

  private static CpuUsage cpu(long time, long used) {
    return CpuUsage.newBuilder().setTimestamp(time).setUsageCoreNanoSeconds(number(used)).build();
  }

  private static ListPodSandboxStatsResponse reading(long time, long pod, long container) {
    LinuxPodSandboxStats.Builder linux =
        LinuxPodSandboxStats.newBuilder()
            .setCpu(cpu(time, pod))
            .setMemory(
                MemoryUsage.newBuilder()
                    .setWorkingSetBytes(number(20_000_000))
                    .setAvailableBytes(number(80_000_000)))
            .setProcess(ProcessUsage.newBuilder().setProcessCount(number(5)))
            .setNetwork(
                NetworkUsage.newBuilder()
                    .setDefaultInterface(interfaceOf(1000, 2000))
                    .addInterfaces(interfaceOf(500, 500)))
            .addContainers(
                ContainerStats.newBuilder()
                    .setAttributes(
                        ContainerAttributes.newBuilder()
                            .setId(CONTAINER)
                            .setMetadata(ContainerMetadata.newBuilder().setName("app\u001b[31m")))
                    .setCpu(cpu(time, container))
                    .setMemory(MemoryUsage.newBuilder().setWorkingSetBytes(number(1_500_000))));
    return ListPodSandboxStatsResponse.newBuilder()
        .addStats(
            PodSandboxStats.newBuilder()
                .setAttributes(
                    PodSandboxAttributes.newBuilder()
                        .setId(POD)
                        .setMetadata(
                            PodSandboxMetadata.newBuilder().setName("web").setNamespace("shop")))
                .setLinux(linux))
        .addStats(
            PodSandboxStats.newBuilder()
                .setAttributes(
                    PodSandboxAttributes.newBuilder()
                        .setId("cccc" + "0".repeat(60))
                        .setMetadata(
                            PodSandboxMetadata.newBuilder().setName("a").setNamespace("shop")))
                .setLinux(LinuxPodSandboxStats.getDefaultInstance()))
        .build();
  }

  private static NetworkInterfaceUsage interfaceOf(long received, long sent) {
    return NetworkInterfaceUsage.newBuilder()
        .setRxBytes(number(received))
        .setTxBytes(number(sent))
        .build();
  }

  private int jukung(String... arguments) {
    var all = new ArrayList<>(List.of("--socket", cri.socket().toString()));
    all.addAll(List.of(arguments));
    return Jukung.run(
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            Map.of(),
            InstantSource.fixed(FakeCri.NOW),
            new OwnProcess()),
        all.toArray(String[]::new));
  }

  @Test
  void tableHasTheRatesBetweenTwoReadingsAndWhatIsNotKnownAsADash() {
    assertThat(jukung("stats", "--no-stream")).isZero();

    assertThat(out)
        .hasToString(
            """
            POD        CONTAINER       ID             CPU       MEMORY   LIMIT   PIDS   RECEIVED   SENT
            shop/a                     cccc00000000   -         -        -       -      -          -
            shop/web                   aaaa00000000   150.00%   20MB     100MB   5      1.5kB      2.5kB
                       app\\u001b[31m   bbbb00000000   12.50%    1.5MB    -
            """);
    assertThat(err).hasToString("");
  }

  @Test
  void tablesAreRepeatedUntilTheDaemonEnds() {
    assertThat(jukung("stats")).isEqualTo(1);

    assertThat(out.toString(UTF_8)).startsWith("POD ").contains("150.00%").doesNotContain("\u001b");
    assertThat(err).hasToString("jukung: the daemon is stopping\n");
  }

  @Test
  void jsonIsOneLineForEachReadingWithTheWholeAnswer() {
    assertThat(jukung("stats", "--format", "json")).isEqualTo(1);

    assertThat(out.toString(UTF_8).lines())
        .hasSize(2)
        .allSatisfy(
            line -> assertThat(line).startsWith("{\"stats\":[{").contains("\"processCount\""));
  }

  @Test
  void namedContainerShowsItsPodAlone() {
    String pod = cri.addPod("named", Map.of());
    assertThat(jukung("stats", "--no-stream", pod)).isZero();
    assertThat(out.toString(UTF_8).lines()).hasSize(1);

    assertThat(jukung("stats", "--no-stream", "unknown")).isEqualTo(1);
    assertThat(err).hasToString("jukung: no container or pod is called unknown\n");
  }

  @Test
  void inspectOfWhatIsBeingMadeNamesTheCallAndItsStep() {
    cri.creations.add(
        Creation.newBuilder()
            .setCall("RunPodSandbox")
            .setId(POD)
            .setName("web")
            .setNamespace("shop")
            .setStep("network")
            .build());
    for (String name : List.of("web", "aaaa00")) {
      out.reset();
      assertThat(jukung("inspect", name)).isZero();
      assertThat(out.toString(UTF_8))
          .contains("\"call\" : \"RunPodSandbox\"")
          .contains("\"step\" : \"network\"");
    }
    assertThat(jukung("inspect", "other")).isEqualTo(1);
    assertThat(err).hasToString("jukung: no container, pod, image or volume is called other\n");
  }
}

package io.jukung.engine.usage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.CpuUsage;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.NetworkUsage;
import io.jukung.cri.v1.ProcessUsage;
import io.jukung.cri.v1.UInt64Value;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class StatsJsonTest {
  private static UInt64Value value(long number) {
    return UInt64Value.newBuilder().setValue(number).build();
  }

  private static NetworkInterfaceUsage traffic(String name, long received, long sent) {
    return NetworkInterfaceUsage.newBuilder()
        .setName(name)
        .setRxBytes(value(received))
        .setTxBytes(value(sent))
        .build();
  }

  private static Sample sample(long usedNanos, long systemNanos, MemoryUsage.Builder memory) {
    return new Sample(
        Instant.ofEpochSecond(1),
        ContainerStats.newBuilder()
            .setCpu(CpuUsage.newBuilder().setUsageCoreNanoSeconds(value(usedNanos)))
            .setMemory(memory)
            .build(),
        LinuxPodSandboxStats.newBuilder()
            .setProcess(ProcessUsage.newBuilder().setProcessCount(value(3)))
            .setNetwork(
                NetworkUsage.newBuilder()
                    .setDefaultInterface(traffic("eth0", 7, 8))
                    .addInterfaces(traffic("eth1", 9, 10)))
            .build(),
        systemNanos);
  }

  @Test
  void clientComputesProcessorAndMemoryFromTwoSamples() {
    MemoryUsage.Builder memory =
        MemoryUsage.newBuilder()
            .setUsageBytes(value(100))
            .setWorkingSetBytes(value(60))
            .setAvailableBytes(value(440));
    JsonNode json =
        StatsJson.of("id", "web", sample(10, 1000, memory), sample(60, 1200, memory), 9999);
    long used =
        json.at("/cpu_stats/cpu_usage/total_usage").asLong()
            - json.at("/precpu_stats/cpu_usage/total_usage").asLong();
    long system =
        json.at("/cpu_stats/system_cpu_usage").asLong()
            - json.at("/precpu_stats/system_cpu_usage").asLong();
    assertThat(used).isEqualTo(50);
    assertThat(system).isEqualTo(200);
    assertThat(json.at("/cpu_stats/online_cpus").asInt()).isPositive();
    long shown =
        json.at("/memory_stats/usage").asLong()
            - json.at("/memory_stats/stats/inactive_file").asLong();
    assertThat(shown).isEqualTo(60);
    assertThat(json.at("/memory_stats/limit").asLong()).isEqualTo(500);
    assertThat(json.at("/pids_stats/current").asLong()).isEqualTo(3);
    assertThat(json.at("/networks/eth0/tx_bytes").asLong()).isEqualTo(8);
    assertThat(json.at("/networks/eth1/rx_bytes").asLong()).isEqualTo(9);
    assertThat(json.path("name").asText()).isEqualTo("/web");
  }

  @Test
  void containerWithoutLimitMayUseTheNodesMemory() {
    JsonNode json = StatsJson.of("id", "web", null, sample(1, 2, MemoryUsage.newBuilder()), 9999);
    assertThat(json.at("/memory_stats/limit").asLong()).isEqualTo(9999);
    assertThat(json.path("preread").asText()).isEqualTo("0001-01-01T00:00:00Z");
  }

  @Test
  void containerThatDoesNotRunUsesNothing() {
    JsonNode json = StatsJson.of("id", "web", null, null, 9999);
    assertThat(json.at("/cpu_stats/cpu_usage/total_usage").asLong()).isZero();
    assertThat(json.path("memory_stats")).isEmpty();
    assertThat(json.path("pids_stats")).isEmpty();
  }
}

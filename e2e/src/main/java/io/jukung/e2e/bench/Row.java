package io.jukung.e2e.bench;

/** Everything that is measured, in the order of the report. */
enum Row {
  DAEMON_START(Table.TIMES, "daemon, start to the first answer"),
  FIRST_POD(Table.TIMES, "first pod after that answer"),
  POD_START_HOST(Table.TIMES, "pod start, host network"),
  POD_REMOVAL_HOST(Table.TIMES, "pod stop and removal, host network"),
  POD_START_CNI(Table.TIMES, "pod start, CNI"),
  POD_REMOVAL_CNI(Table.TIMES, "pod stop and removal, CNI"),
  CONTAINER_START(Table.TIMES, "container create and start"),
  CONTAINER_REMOVAL(Table.TIMES, "container stop and removal"),
  EXEC(Table.TIMES, "ExecSync of true"),
  VERSION(Table.TIMES, "Version"),
  LIST_PODS(Table.TIMES, "ListPodSandbox, many pods"),
  LIST_CONTAINERS(Table.TIMES, "ListContainers, many pods"),
  CONTAINER_STATUS(Table.TIMES, "ContainerStatus, many pods"),
  CONTAINER_STATS(Table.TIMES, "ListContainerStats, many pods"),
  POD_STATS(Table.TIMES, "ListPodSandboxStats, many pods"),
  LOADED_POD_START(Table.TIMES, "pod start, host network, beside many pods"),
  LOADED_POD_REMOVAL(Table.TIMES, "pod stop and removal, host network, beside many pods"),

  POD_PROCESSOR_HOST(Table.PROCESSOR, "processor per pod, host network"),
  POD_PROCESSOR_CNI(Table.PROCESSOR, "processor per pod, CNI"),
  CONTAINER_PROCESSOR(Table.PROCESSOR, "processor per container"),
  EXEC_PROCESSOR(Table.PROCESSOR, "processor per ExecSync"),
  LISTS_PROCESSOR(Table.PROCESSOR, "processor per list of pods and containers"),
  STATS_PROCESSOR(Table.PROCESSOR, "processor per ListContainerStats"),

  BURST_STARTS_HOST(Table.RATES, "starts of pods, host network"),
  BURST_LIVES_HOST(Table.RATES, "whole lives of pods, host network"),
  BURST_STARTS_CNI(Table.RATES, "starts of pods, CNI"),
  BURST_LIVES_CNI(Table.RATES, "whole lives of pods, CNI"),
  EXEC_RATE(Table.RATES, "ExecSyncs of true"),

  FRESH_DAEMON(Table.MEMORY, "memory of daemon, just started"),
  RESTED_DAEMON(Table.MEMORY, "memory of daemon, 10 s later"),
  IDLE_DAEMON(Table.MEMORY, "memory of daemon, 15 s after the pods"),
  IDLE_TOTAL(Table.MEMORY, "memory of all processes, 15 s after the pods"),
  LOADED_DAEMON(Table.MEMORY, "memory of daemon, many pods"),
  LOADED_OTHERS(Table.MEMORY, "memory of shims and pauses, many pods"),
  POD_MEMORY(Table.MEMORY, "memory of one more pod");

  /** Rows of one kind are in one table. */
  enum Table {
    TIMES("milliseconds", "ms", 1),
    PROCESSOR("processor time, milliseconds", "ms", 1),
    RATES("per second, ten at a time (more is better)", "/s", -1),
    MEMORY("memory, MiB PSS", "MiB", 1);

    private final String heading;
    private final String unit;
    private final int direction;

    Table(String heading, String unit, int direction) {
      this.heading = heading;
      this.unit = unit;
      this.direction = direction;
    }

    String heading() {
      return heading;
    }

    String unit() {
      return unit;
    }

    /**
     * How many times as good the first value is as the other, where a value below 1 means that the
     * first value is worse.
     */
    double advantage(double first, double other) {
      return direction > 0 ? other / first : first / other;
    }
  }

  private final Table table;
  private final String label;

  Row(Table table, String label) {
    this.table = table;
    this.label = label;
  }

  Table table() {
    return table;
  }

  String label() {
    return label;
  }
}

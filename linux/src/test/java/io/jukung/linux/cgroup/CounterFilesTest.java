package io.jukung.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CounterFilesTest {
  @Test
  void pressureFileIsParsed() {
    assertThat(
            Pressure.parse(
                """
                some avg10=1.50 avg60=0.25 avg300=0.10 total=12345
                full avg10=0.50 avg60=0.00 avg300=0.00 total=678
                """))
        .isEqualTo(
            new Pressure(
                new Pressure.Stall(1.5, 0.25, 0.1, 12345), new Pressure.Stall(0.5, 0, 0, 678)));
  }

  @Test
  void missingFullPressureIsZero() {
    assertThat(Pressure.parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=7").full())
        .isEqualTo(new Pressure.Stall(0, 0, 0, 0));
  }

  @Test
  void trafficIsParsedPerDevice() {
    assertThat(
            DeviceTraffic.parse(
                """
                254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0
                7:0\s
                8:16 wbytes=512 wios=1 cost.usage=3
                """))
        .containsExactly(
            new DeviceTraffic(254, 0, 4096, 8192, 1, 2),
            new DeviceTraffic(7, 0, 0, 0, 0, 0),
            new DeviceTraffic(8, 16, 0, 512, 0, 1));
    assertThat(DeviceTraffic.parse("")).isEmpty();
  }
}

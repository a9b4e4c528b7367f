package io.jukung.runtime.shim;

import com.google.protobuf.ByteString;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.MemoryFile;
import io.jukung.linux.launch.Program;
import io.jukung.shim.v1.LaunchPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A launch plan as it is sent to a shim: the data of its program, among it the arguments and the
 * environment, is in a file. They may be long and they may be secret, and never are in the shim's
 * heap.
 *
 * @param data the file with the data
 */
record SentPlan(LaunchPlan plan, Fd data) implements AutoCloseable {
  static SentPlan of(LaunchPlan plan) throws IOException {
    byte[] confine = plan.getConfine().toByteArray();
    int offset = Program.dataOffset(confine);
    LaunchPlan withoutData =
        plan.toBuilder()
            .setConfine(ByteString.copyFrom(confine, 0, offset))
            .setDataInDescriptor(true)
            .build();
    byte[] data = Arrays.copyOfRange(confine, offset, confine.length);
    return new SentPlan(withoutData, MemoryFile.of("launch data", data));
  }

  /** The descriptors to send beside the request. */
  List<Fd> beside(Fd... ofRequest) {
    List<Fd> all = new ArrayList<>(List.of(ofRequest));
    all.add(data);
    return all;
  }

  @Override
  public void close() {
    data.close();
  }
}

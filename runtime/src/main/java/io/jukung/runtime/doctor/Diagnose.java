package io.jukung.runtime.doctor;

import io.jukung.client.v1.DiagnoseRequest;
import io.jukung.client.v1.Diagnosis;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Diagnose of jukung's own service: tells what is wrong on the node. */
public final class Diagnose {
  private final Supplier<Doctor> doctor;

  /**
   * @param doctor makes one for each call, because the configuration may change meanwhile
   */
  public Diagnose(Supplier<Doctor> doctor) {
    this.doctor = doctor;
  }

  public void call(DiagnoseRequest request, Consumer<Diagnosis> sink) {
    doctor.get().run(finding -> sink.accept(message(finding)));
  }

  private static Diagnosis message(Finding finding) {
    return Diagnosis.newBuilder()
        .setCheck(finding.check())
        .setLevel(
            switch (finding.level()) {
              case OK -> Diagnosis.Level.OK;
              case WARNING -> Diagnosis.Level.WARNING;
              case PROBLEM -> Diagnosis.Level.PROBLEM;
            })
        .setFinding(finding.what())
        .setAdvice(finding.advice())
        .build();
  }
}

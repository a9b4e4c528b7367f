package io.jukung.linux;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The kernel layer depends on no other module of jukung, and only one of its packages on the native
 * binding.
 */
@AnalyzeClasses(packages = "io.jukung.linux", importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule KERNEL_LAYER_STANDS_ALONE =
      classes()
          .that()
          .resideInAPackage("io.jukung.linux..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.linux..", "java..", "sun.misc..", "com.kenai.jffi..", "org.jspecify..");

  @ArchTest
  static final ArchRule ONLY_LIBC_BINDS_NATIVE_CODE =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.jukung.linux.libc..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.kenai.jffi..");

  @ArchTest
  static final ArchRule PACKAGES_ARE_FREE_OF_CYCLES =
      slices().matching("io.jukung.linux.(*)..").should().beFreeOfCycles();
}

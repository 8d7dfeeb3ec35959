class A:
    def run(self):
        a = 1
        b = 2

    def stop(self):
        a = 1
        b = 2

class B:
    def run(self):
        a = 1
        b = 2

    def stop(self):
        a = 7
        b = 2

class C:
    def run(self):
        a = 1
        b = 2

    def stop(self):
        a = 1
        b = 2


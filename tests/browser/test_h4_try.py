import sys, time; sys.path.insert(0, "/work/main")
def test_it(console):
    print(console); 
